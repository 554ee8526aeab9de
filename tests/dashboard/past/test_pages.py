"""Pages that look at the past: they say so, lead on in it, and change nothing."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import OperationalError, connection
from selectolax.lexbor import LexborHTMLParser

from dashboard.filters.state import moment_text
from ingest.models import Case, Connection, Project, Result, ResultChange, Run
from ingest.models.results import ORDINALS
from tests import factories
from tests.dashboard.page_reader import logged_in, person, text_of
from tests.factories import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_redis")]
AS_OF = NOW + timedelta(seconds=10)
LATER = NOW + timedelta(seconds=20)
# After the run that came late, before the result that was put right.
BEFORE = NOW - timedelta(hours=12)
PLACES = re.compile(
    r"/(projects|runs|results|compare|failures|flaky|cases|milestones|standup|search)/|/$"
)


@pytest.fixture
def changed(world):
    """Since then a run came late, of a day before, and one result was put right."""
    for model in (Connection, Project):
        # They are always made now.
        model.objects.update(created_at=NOW)
    late = factories.make_run(
        world.shop, started_at=NOW - timedelta(days=1), recorded_at=LATER
    )
    factories.make_results(late, "PF")
    row = Result.objects.filter(run=world.newest, is_final=True).order_by("ordinal")[0]
    names = ("at", "duration_ms", "thread_id", "status", "attempt", "is_final")
    ResultChange.objects.create(
        project_id=row.project_id,
        run_id=row.run_id,
        case_id=row.case_id,
        ordinal=row.ordinal,
        recorded_from=row.run.recorded_at,
        recorded_to=LATER,
        has_own_time=True,
        raw_status="",
        **{name: getattr(row, name) for name in names},
    )
    return world


def paths(world) -> list[str]:
    run, case = world.newest.pk, Case.objects.get(name="case 1", project=world.shop).pk
    result = run * ORDINALS + Result.objects.filter(run=run).first().ordinal
    other = (
        Run.objects.filter(project=world.shop).exclude(pk=run).order_by("-at").first()
    )
    return [
        *("/", "/runs/", "/cases/", "/results/", "/flaky/", "/failures/", "/standup/"),
        *("/milestones/", f"/milestones/{world.release.pk}/", "/search/?q=case"),
        *(f"/projects/{world.shop.pk}/", f"/projects/{world.shop.pk}/tests/"),
        *(f"/runs/{run}/", f"/cases/{case}/", f"/results/{result}/"),
        f"/compare/?base={other.pk}&head={run}",
    ]


def at(path: str) -> str:
    return f"{path}{'&' if '?' in path else '?'}as_of={moment_text(AS_OF)}"


def test_every_page_says_so_and_leads_on_in_the_past(changed):
    reader = logged_in(person())
    for path in paths(changed):
        answer = reader.get(at(path))
        assert answer.status_code == 200, path
        page = LexborHTMLParser(text_of(answer))
        bar = page.css_first(".past, .su-past")
        assert f"As it was on {AS_OF:%H:%M}" in bar.text(), path
        now = bar.css("a.lnk")[0].attrs["href"]
        assert now == f"?{urlsplit(path).query}", path
        for link in page.css("main a[href^='/'], aside a[href^='/']"):
            assert_leads_on(path, link.attrs["href"])


def assert_leads_on(path: str, href: str) -> None:
    found = urlsplit(href)
    if "view=late" in found.query or "view=changed" in found.query:
        # As it is today, see below.
        return
    if not PLACES.match(found.path) or "/settings/" in found.path:
        is_elsewhere = found.path.startswith(("/api/", "/theme/"))
        assert "as_of" not in found.query or is_elsewhere, (path, href)
        return
    assert parse_qs(found.query).get("as_of") == [moment_text(AS_OF)], (path, href)


def test_what_arrived_late_and_what_changed_is_counted(changed):
    reader = logged_in(person())
    for path, said in [
        ("/", "2 results arrived late, 1 changed."),
        (f"/projects/{changed.shop.pk}/", "2 results arrived late, 1 changed."),
        (f"/projects/{changed.portal.pk}/", "Nothing of it has changed since."),
        (f"/runs/{changed.newest.pk}/", "Since then 1 result changed."),
        ("/?window=2d", "2 results arrived late, 1 changed."),
        (f"/?until={moment_text(BEFORE)}", "Since then 2 results arrived late."),
    ]:
        bar = LexborHTMLParser(text_of(reader.get(at(path)))).css_first(".past p")
        assert said in " ".join(bar.text().split()), path


def test_what_became_known_may_fail_alone(changed):
    def refuse(execute, sql, *args):
        if ") late\n" in sql:
            raise OperationalError("canceling statement due to statement timeout")
        return execute(sql, *args)

    with connection.execute_wrapper(refuse):
        page = text_of(logged_in(person()).get(at("/runs/")))
    assert "What became known since did not load." in page
    assert LexborHTMLParser(page).css("#rows tbody tr")


def test_what_became_known_is_listed(changed):
    reader = logged_in(person())
    bar = LexborHTMLParser(text_of(reader.get(at("/?window=30d")))).css_first(".past p")
    doors = [(int(a.text().split()[0]), a.attrs["href"]) for a in bar.css("a")]
    assert [number for number, _ in doors] == [2, 1]
    for number, href in doors:
        page = LexborHTMLParser(text_of(reader.get(href)))
        assert len(page.css("#rows tbody tr")) == number, href


def test_nobody_changes_the_past(changed):
    """The same pages hold forms and buttons today, so that this says something."""
    reader, todays = logged_in(person()), 0
    for path in paths(changed):
        page = LexborHTMLParser(text_of(reader.get(at(path))))
        assert page.css("main form[method=post]") == [], path
        todays += len(
            LexborHTMLParser(text_of(reader.get(path))).css("main form[method=post]")
        )
    assert todays


def test_a_form_keeps_to_the_past(changed):
    page = LexborHTMLParser(text_of(logged_in(person()).get(at("/results/"))))
    forms = page.css("form:not([method=post])")
    for form in forms:
        kept = form.css_first("input[name=as_of]")
        assert kept, form.html
        assert kept.attrs["value"] == moment_text(AS_OF)
    assert forms


@pytest.mark.parametrize("path", ["/sync/", "/connect/"])
def test_what_is_of_today_alone_says_so(changed, path):
    page = text_of(logged_in(person(is_superuser=True)).get(at(path)))
    assert "As it was on" not in page


def test_a_moment_that_cannot_be_looked_at_is_left_out(changed):
    client = logged_in(person())
    for moment, reason in (("2199-01-01", "in the future"), ("", "empty")):
        page = text_of(client.get(f"/?as_of={moment}"))
        assert f"as_of was left out. It is {reason}." in page
        assert "As it was on" not in page


def test_what_is_searched_for_is_kept_as_it_was_written(changed):
    reader, words = logged_in(person()), "/runs/abc"
    page = LexborHTMLParser(text_of(reader.get(at(f"/results/?q={words}"))))
    values = {node.attrs.get("value") for node in page.css("input[name=q]")}
    assert values - {None, ""} == {words}


def test_the_points_of_a_chart_lead_on_in_the_past(changed):
    case = Case.objects.get(name="case 1", project=changed.shop).pk
    page = LexborHTMLParser(text_of(logged_in(person()).get(at(f"/cases/{case}/"))))
    chart = json.loads(page.css_first("script#rows-executions").text())
    assert_leads_on("the chart", chart["path"])
