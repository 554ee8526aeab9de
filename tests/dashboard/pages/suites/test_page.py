"""The page of a project's tests by folder."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.core.cache import cache
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext

from dashboard.lists import folders
from dashboard.lists.case_figures import case_figures
from dashboard.models import RunJudgement
from ingest.models import Case, Connection, Project
from tests import clock, factories
from tests.dashboard.number_links import count_of, doors, html_of

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _public(settings):
    settings.PUBLIC_READ = True
    cache.clear()


@pytest.fixture
def project() -> Project:
    """Two folders in one, and one beside it; what ran, failed and never ran."""
    made = factories.make_project()
    run = factories.make_run(made, started_at=clock.now() - DAY)
    names = ("pays", "refunds", "logs in", "logs out")
    factories.make_results(run, "PFPS", cases=names)
    Case.objects.filter(name__in=["pays", "refunds"]).update(folder="Shop / Cart")
    Case.objects.filter(name__startswith="logs").update(folder="Accounts")
    told(made, "writes", "Shop / Cart / Deep")
    told(made, "reads", "Shop")
    return made


def told(project: Project, name: str, folder: str) -> Case:
    case = factories.make_case(project, name)
    case.folder, case.declared_at = folder, clock.now()
    case.save()
    return case


def page(client: Any, project: Project, query: str = "") -> str:
    return html_of(client, f"/projects/{project.pk}/tests/{query}")


def rows(html: str) -> list[tuple[str, str, bool]]:
    """Name, address and whether it is open, of each folder shown."""
    found = re.findall(
        r'<a class="fold[^>]*href="([^"]*)"\s+aria-expanded="(true|false)".*?'
        r'<span class="nm trunc">([^<]*)<',
        html,
        re.DOTALL,
    )
    return [(unescape(name), unescape(h), e == "true") for h, e, name in found]


def listed(html: str) -> list[str]:
    return [unescape(n) for n in re.findall(r'<a class="nm trunc"[^>]*>([^<]*)<', html)]


def test_closed_folders_are_those_of_the_first_level(client, project):
    html = page(client, project)
    assert [(name, is_open) for name, _, is_open in rows(html)] == [
        ("Accounts", False),
        ("Shop", False),
    ]
    assert listed(html) == ["logs in", "logs out", "pays", "reads", "refunds", "writes"]
    assert count_of(html) == 6


def test_folders_open_and_close_by_their_links(client, project):
    (_, href, _) = rows(page(client, project))[1]
    html = html_of(client, href)
    assert [(name, is_open) for name, _, is_open in rows(html)] == [
        ("Accounts", False),
        ("Shop", True),
        ("Cart", False),
    ]
    assert listed(html) == ["pays", "reads", "refunds", "writes"]
    inner = rows(html)[2][1]
    opened = rows(html_of(client, inner))
    assert [name for name, _, _ in opened] == ["Accounts", "Shop", "Cart", "Deep"]
    # The open one closes; the one around it leads back to itself first.
    closed = html_of(client, opened[2][1])
    assert [name for name, _, is_open in rows(closed) if is_open] == ["Shop"]
    back = html_of(client, rows(closed)[1][1])
    assert [name for name, _, is_open in rows(back) if is_open] == []


def test_behind_each_number_are_exactly_its_tests(client, project):
    for query in ("", "?folder=Shop", "?never_executed=1", "?q=logs"):
        found = doors(page(client, project, query))
        assert found
        for door in found:
            if "/tests/" in door.href:
                assert count_of(html_of(client, door.href)) == door.value, door


def test_the_tests_that_were_never_executed_alone(client, project):
    html = page(client, project, "?never_executed=1")
    assert listed(html) == ["reads", "writes"]
    assert [name for name, _, _ in rows(html)] == ["Shop"]
    assert html.count("never executed</span>") >= 2


def test_bars_say_how_tests_went_last(client, project):
    html = page(client, project)
    labels = re.findall(r'class="ob" role="img" aria-label="([^"]*)"', html)
    assert labels == [
        "1 skipped, 1 passed",
        "1 failed, 2 not finished, 1 passed",
    ]


def test_a_bar_counts_the_statuses_of_the_rows(client, project):
    """As each test's row has it, whatever lies between."""
    run = factories.make_run(project, started_at=clock.now() - DAY / 2)
    factories.make_results(run, "FP", cases=["pays", "refunds"])
    ids = list(Case.objects.filter(declared_at=None).values_list("pk", flat=True))
    filters = folders.Filters(project=(project.pk,))
    told_of = folders.last_statuses(filters, "")
    words = sorted(
        w for own in told_of.values() for w, n in own.items() for _ in range(n)
    )
    figures = case_figures(ids, (project.pk,), folders.Filters())
    assert words == sorted(figure.status for figure in figures.values())


def test_a_run_that_a_person_excluded_counts_as_in_other_lists(client, project):
    run = factories.make_run(project, started_at=clock.now() - DAY / 2)
    factories.make_results(run, "F", cases=["pays"])
    RunJudgement.objects.create(run=run, verdict="uncounted", reason="so", by="Ada")
    html = page(client, project, "?folder=Shop+%2F+Cart")
    assert html.count('<span class="sec">failed</span>') == 2
    assert 'aria-label="2 failed, 1 not finished"' in html


def test_too_many_tests_at_once_have_no_bar_until_a_folder_is_open(
    client, project, monkeypatch
):
    monkeypatch.setattr("dashboard.pages.suites.folders.MOST_TESTS", 3)
    assert 'class="ob"' not in page(client, project)
    html = page(client, project, "?folder=Shop")
    assert html.count('class="ob"') == 2


def test_a_search_shows_the_folders_of_what_it_finds(client, project):
    html = page(client, project, "?q=log")
    assert [name for name, _, _ in rows(html)] == ["Accounts"]
    assert listed(html) == ["logs in", "logs out"]
    assert 'name="q"' in html
    inside = page(client, project, "?folder=Shop&q=pay")
    assert listed(inside) == ["pays"]
    # A search keeps the folder that is open.
    assert re.search(r'type="hidden" name="folder" value="Shop"', inside)


def test_states_without_a_row(client, project):
    assert "No test matches these filters" in page(client, project, "?q=nowhere")
    assert "No test lies in this folder" in page(client, project, "?folder=Gone")
    Case.objects.update(declared_at=None)
    assert "Every test was executed" in page(client, project, "?never_executed=1")
    Case.objects.all().delete()
    assert "No test is known here yet" in page(client, factories.make_project())


def test_a_folder_named_like_the_beginning_of_another_holds_only_its_own(client):
    made = factories.make_project()
    told(made, "a", "Shop")
    told(made, "b", "Shop 2")
    told(made, "c", "Shop_")
    assert listed(page(client, made, "?folder=Shop")) == ["a"]
    assert listed(page(client, made, "?folder=Shop_")) == ["c"]
    assert listed(page(client, made, "?folder=Sh%25")) == []


def test_what_is_gone_or_of_another_project_is_not_there(client, project):
    other = told(factories.make_project(), "of another", "Shop")
    gone = told(project, "gone", "Shop")
    Case.objects.filter(pk=gone.pk).update(gone_at=clock.now())
    assert not {other.name, gone.name} & set(listed(page(client, project)))


def test_tests_come_by_pages_that_belong_to_one_folder(client, project):
    for number in range(60):
        told(project, f"many {number:02}", "Shop")
    html = page(client, project, "?folder=Shop")
    following = re.search(r'href="([^"]*)" rel="next"', html)
    assert following
    href = unescape(following[1])
    assert "folder=Shop" in href
    rest = listed(html_of(client, href))
    assert len(listed(html)) + len(rest) == 64
    assert not set(listed(html)) & set(rest)
    # A place in another folder's list is not known.
    strange = html_of(client, href.replace("folder=Shop", "folder=Accounts"))
    assert "this is the first page" in strange
    # Opening a folder begins at its first page.
    assert all("cursor=" not in h for _, h, _ in rows(html_of(client, href)))


def test_a_stale_tool_is_told(client, project):
    Connection.objects.update(
        last_success_at=clock.now() - 9 * DAY, last_error="No answer."
    )
    assert 'class="note' in page(client, project)


def test_a_part_that_fails_leaves_the_other(client, project, monkeypatch):
    def broken(*_: Any) -> None:
        raise OperationalError("canceling statement due to statement timeout")

    monkeypatch.setattr("dashboard.pages.suites.page.folder_counts", broken)
    html = page(client, project)
    assert "This tree did not load" in html
    assert listed(html) == ["logs in", "logs out", "pays", "reads", "refunds", "writes"]


def test_what_does_not_apply_is_left_out_and_told(client, project):
    html = page(client, project, "?window=7d&status=failed")
    assert html.count(" was left out. ") >= 2
    assert len(listed(html)) == 6


def test_a_folder_as_long_as_an_address_opens_nothing(client, project):
    html = page(client, project, f"?folder={'a+/+' * 2000}")
    assert not any(is_open for _, _, is_open in rows(html))


def test_the_projects_page_leads_here(client, project):
    for made in (project, factories.make_project()):
        html = html_of(client, f"/projects/{made.pk}/")
        assert f'href="/projects/{made.pk}/tests/"' in html
    assert client.get("/projects/999999/tests/").status_code == 404


def test_queries_do_not_grow_with_folders_and_tests(client, project):
    def asked() -> int:
        cache.clear()
        with CaptureQueriesContext(connection) as queries:
            page(client, project, "?folder=Shop")
        return len(queries)

    before = asked()
    for number in range(40):
        told(project, f"more {number}", f"Shop / F{number} / G")
    run = factories.make_run(project)
    factories.make_results(run, "P" * 40, cases=[f"more {n}" for n in range(40)])
    assert asked() <= before
    # With what the sidebar and the flaky marks compute where nothing is kept yet.
    assert before <= 36
