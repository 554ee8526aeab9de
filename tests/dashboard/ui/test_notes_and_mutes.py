"""A muted test is marked wherever its name is listed, and nothing else changes."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dashboard.annotations import notes, same_tests
from dashboard.ui.standup.markdown import escaped
from ingest.models import Case, Result, Run
from tests import clock, factories
from tests.dashboard.number_links import doors, html_of
from tests.dashboard.page_reader import logged_in, person
from tests.factories import NOW

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
UNTIL = clock.now() + timedelta(days=2)
# Part of the query for what people said.
OF_MARKS = "LEFT JOIN dashboard_mute"
MARK = "Muted until"
SAID = "by joris: Bank &lt;is&gt; down"
BLOCK = re.compile(r"<(li|tr)\b(?:(?!<(?:li|tr)\b).)*?</\1>", re.DOTALL)
CASE = re.compile(r'<a[^>]* href="/cases/(\d+)/"')
ELSEWHERE = "pays by card"
# Where each page lists tests; `address` fills in the numbers.
PAGES = (
    "/cases/",
    "/cases/?view=failing",
    "/cases/?view=began",
    "/cases/?view=slow",
    "/cases/{case}/",
    "/compare/?base={base}&head={head}&change=fixed",
    "/compare/?base={base}&head={head}&change=gone",
    "/compare/?base={base}&head={head}&change=new_failure",
    "/compare/?base={base}&head={head}&change=regression",
    "/flaky/",
    "/projects/{project}/",
    "/results/",
    "/runs/{head}/",
    "/runs/{head}/?change=fixed",
    "/runs/{head}/?change=still_failing",
    "/search/?q=pays",
    "/standup/",
    "/sync/unknown/?connection={connection}&word=Odd",
)


@pytest.fixture
def client():
    """Somebody signed in."""
    return logged_in(person("eve"))


@pytest.fixture
def project():
    """Two runs whose tests went every way, a flaky test, and one in another tool too."""
    project = factories.make_project(factories.make_connection(vendor="testmo"))
    for hours, letters in ((2, "PFFF"), (1, "FPFF")):
        at = NOW - hours * HOUR
        run = factories.make_run(project, started_at=at, finished_at=at)
        names = [ELSEWHERE, "pays later", "pays never", f"pays in run {hours}"]
        factories.make_results(run, letters, cases=names)
    odd = factories.make_results(run, "?", cases=["pays oddly"])[0]
    results = Result.objects.filter(run_id=run.pk, ordinal=odd.ordinal)
    results.update(raw_status="Odd")
    Run.objects.filter(pk=run.pk).update(unknown_words={"Odd": 1})
    factories.make_history(
        project, "P" * 12 + "FPPFPP", case="pays at times", every=3 * HOUR
    )
    other = factories.make_project(factories.make_connection(vendor="qatech"))
    factories.make_history(other, "PP", case=ELSEWHERE)
    same_tests.link(*Case.objects.filter(name=ELSEWHERE), by="mara")
    return project


def addresses(project) -> list[str]:
    runs = Run.objects.filter(project=project, results__case__name="pays never")
    base, head = runs.order_by("at")
    numbers = {
        "case": Case.objects.get(project=project, name=ELSEWHERE).pk,
        "base": base.pk,
        "head": head.pk,
        "project": project.pk,
        "connection": project.connection_id,
    }
    return [page.format(**numbers) for page in PAGES]


def mute_all() -> None:
    for case in Case.objects.all():
        notes.mute(case, until=UNTIL, reason="Bank <is> down", by="joris")


def listed(html: str) -> list[str]:
    """The rows and items that lead to a test, in their order."""
    return [block[0] for block in BLOCK.finditer(html) if CASE.search(block[0])]


def numbers(html: str) -> list[object]:
    """Which tests stand where, and every number with rows behind it."""
    tests = [CASE.findall(block) for block in listed(html)]
    return [tests, [(door.metric, door.value, door.href) for door in doors(html)]]


def test_a_muted_test_is_marked_wherever_its_name_is_listed(client, project):
    pages = addresses(project)
    before = {page: html_of(client, page) for page in pages}
    mute_all()
    for page in pages:
        assert listed(before[page]), page
        assert MARK not in "".join(listed(before[page])), page
        for block in listed(html_of(client, page)):
            assert block.count(MARK) == block.count(SAID) >= 1, (page, block)


def test_a_mute_moves_no_number_order_or_count_of_any_page(client, project):
    # "Now" moves on between two requests, a time that is written out does not.
    times = (
        f"since={NOW - 240 * HOUR:%Y-%m-%dT%H:%M:%SZ}&until={NOW:%Y-%m-%dT%H:%M:%SZ}"
    )
    paths = [
        f"{path}{times}"
        for path in ("/cases/?", "/cases/?view=failing&", "/flaky/?", "/standup/?")
    ]
    paths += [f"/projects/{project.pk}/?{times}", f"/results/?{times}"]
    paths += [p for p in addresses(project) if p.startswith(("/compare", "/runs"))]
    before = [numbers(html_of(client, path)) for path in paths]
    mute_all()
    assert [numbers(html_of(client, path)) for path in paths] == before


def test_the_marks_of_a_page_take_one_query(client, project):
    mute_all()
    for page in addresses(project):
        with CaptureQueriesContext(connection) as asked:
            html_of(client, page)
        marks = [query["sql"] for query in asked if OF_MARKS in query["sql"]]
        assert len(marks) == 1, (page, marks)


def test_the_markdown_of_the_stand_up_says_until_when(client, project):
    before = client.get("/standup/?format=md").content.decode()
    assert "muted" not in before
    mute_all()
    after = client.get("/standup/?format=md").content.decode()
    day = f"{timezone.localtime(UNTIL):%d %b}".lstrip("0")
    for name in ("pays later", "pays at times"):
        assert f"- {escaped(name)} (muted until {day} " in after
    # The last line is the address of the moment.
    unmarked = re.sub(r" \(muted until [^)]+\)", "", after)
    assert unmarked.splitlines()[:-1] == before.splitlines()[:-1]


def test_a_page_whose_marks_do_not_load_is_whole_without_them(client, project):
    def refuse(execute, sql, params, many, context):
        if OF_MARKS in sql:
            raise OperationalError("canceling statement due to statement timeout")
        return execute(sql, params, many, context)

    mute_all()
    whole = html_of(client, "/standup/")
    with connection.execute_wrapper(refuse):
        html = html_of(client, "/standup/")
    assert MARK in whole
    assert MARK not in html
    assert numbers(html) == numbers(whole)
