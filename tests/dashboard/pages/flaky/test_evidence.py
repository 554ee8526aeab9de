"""The evidence of flaky tests in the list, and the attempts behind each number of it."""

from __future__ import annotations

import pytest
from selectolax.lexbor import LexborHTMLParser

from ingest.models import Case, Project
from tests import factories
from tests.dashboard.number_links import (
    count_of,
    door_of,
    doors,
    html_of,
    rows_of,
    words_of,
)
from tests.dashboard.world import ago

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    connection = factories.make_connection("Testmo", vendor="testmo")
    return factories.make_project(connection, name="Web shop")


def executed(
    project: Project, runs: str, *, case: str = "pays", message: str = "", commit="abc"
) -> None:
    """A run a day, the last one an hour ago; each word has the attempts of one."""
    words = runs.split()
    for back, attempts in enumerate(reversed(words)):
        started_at = ago(days=back, hours=1)
        run = factories.make_run(project, started_at=started_at, commit=commit)
        cases = [case] * len(attempts)
        rows = factories.make_results(run, attempts, cases=cases)
        if message:
            factories.make_texts([r for r in rows if r.raw_status != "P"], message)
        commit = f"{commit}x"


def row_of(client, query: str = "") -> str:
    html = html_of(client, f"/flaky/{query}")
    row = LexborHTMLParser(html).css_first("table.flk tbody tr")
    assert row
    assert row.html
    return row.html


def told(row: str) -> str:
    shown = LexborHTMLParser(row).css_first(".shown")
    assert shown
    assert shown.html
    return words_of(shown.html)


def behind(client, door) -> list[str]:
    """The words of each attempt behind a door, which are as many as it promises."""
    html = html_of(client, door.href)
    assert count_of(html) == rows_of(html) == door.rows
    return [words_of(row.html) for row in LexborHTMLParser(html).css("tr[data-row]")]


def test_runs_that_needed_a_retry_lead_to_exactly_these_attempts(client, project):
    executed(project, "P FP P FP P EP", message="TimeoutError: frame")
    # Of another test, and of a run that never passed: neither is behind the number.
    executed(project, "P FP FF F P", case="ships", message="no label")
    html = html_of(client, "/flaky/?find=pays")
    assert told(row_of(client, "?find=pays")) == "retry 3 of 6 runs needed a retry"
    door = door_of(html, "passed_on_retry")
    assert door.value == 3
    attempts = behind(client, door)
    assert len(attempts) == 3
    assert all("attempt 1" in words and "pays" in words for words in attempts)


def test_several_attempts_in_one_run_are_all_behind_it(client, project):
    executed(project, "P FFP P FP")
    door = door_of(html_of(client, "/flaky/"), "passed_on_retry")
    assert (door.value, door.rows) == (2, 3)
    assert "3 attempts that did not pass" in door.title
    assert len(behind(client, door)) == 3


def test_an_attempt_before_the_window_belongs_to_its_run(client, project):
    executed(project, "FP P FP P")
    run = factories.make_run(project, started_at=ago(days=7, minutes=1))
    times = [ago(days=7, minutes=1), ago(days=6, hours=23)]
    factories.make_results(run, "FP", cases=["pays"] * 2, at=times)
    door = door_of(html_of(client, "/flaky/?window=7d"), "passed_on_retry")
    assert door.value == 3
    assert len(behind(client, door)) == 3
    lost = door_of(html_of(client, "/flaky/?window=7d"), "time_lost_ms")
    assert len(behind(client, lost)) == 6


@pytest.mark.parametrize(
    ("runs", "words"),
    [
        ("P F P F P", "alternates 2 of 5 failed"),
        ("P FP F FP P", "retry alternates 2 of 5 runs needed a retry, 1 failed"),
        ("P PF P PF P", "retry 2 of 5 failed"),
        ("P FPS P FPS P", "retry passed and failed within a run"),
    ],
)
def test_each_kind_of_evidence_is_named(client, project, runs, words):
    executed(project, runs)
    assert told(row_of(client)) == words


def test_one_commit_is_named_also_where_another_event_holds_it(client, project):
    for back, letter in enumerate("PFP"):
        run = factories.make_run(project, started_at=ago(days=back), commit="c1")
        factories.make_results(run, letter, cases=["pays"])
    assert told(row_of(client)) == "same commit alternates 1 of 3 failed"


def test_lost_time_leads_to_the_attempts_that_lost_it(client, project):
    executed(project, "P FP P F P FP P")
    executed(project, "P F P F P", case="ships")
    # Not flaky: its one failure cost nothing that counts here.
    executed(project, "P P F P P", case="prints")
    html = html_of(client, "/flaky/")
    lost = [door for door in doors(html) if door.metric == "time_lost_ms"]
    assert sorted(door.rows for door in lost) == [2, 5, 7]
    for door in lost:
        words = behind(client, door)
        assert not any("prints" in one for one in words)


def test_lost_time_on_the_overview_leads_there_too(client, project):
    executed(project, "P FP P F P FP P")
    other = factories.make_project(factories.make_connection("qa", vendor="qatech"))
    executed(other, "P FP P FP")
    html = html_of(client, "/")
    lost = [door for door in doors(html) if door.metric == "time_lost_ms"]
    assert sorted(door.rows for door in lost) == [4, 5, 9]
    for door in lost:
        behind(client, door)


def test_of_one_test_the_lost_time_of_every_event_is_listed(client, project):
    executed(project, "P P F P P", case="prints")
    case = Case.objects.get(name="prints")
    door = door_of(html_of(client, f"/cases/{case.pk}/"), "time_lost_ms")
    assert len(behind(client, door)) == 1


def test_the_last_failure_is_of_any_attempt(client, project):
    executed(project, "P FP P FP", message="TimeoutError: frame")
    row = row_of(client)
    assert "TimeoutError: frame" in row
    case = Case.objects.get()
    assert f"?case={case.pk}&amp;attempts=all" in row


def test_a_tool_that_sends_no_message_is_named(client, project):
    executed(project, "P FP P FP")
    assert "Testmo sends no message" in row_of(client)


def test_of_a_tool_that_sends_some_the_failure_has_none(client):
    connection = factories.make_connection("qa", vendor="qatech")
    executed(factories.make_project(connection), "P FP P FP")
    row = row_of(client)
    assert "No message" in row
    assert "sends no message" not in row


def test_flips_are_a_dash_where_no_neighbours_differ(client, project):
    executed(project, "P FP P FP")
    assert 'title="no neighbours differ"' in row_of(client)


def test_what_needed_retries_sorts_among_what_failed(client, project):
    executed(project, "P FP FP FP FP P")
    executed(project, "P F P F P P", case="ships")
    names = [
        a.text()
        for a in LexborHTMLParser(html_of(client, "/flaky/?sort=-failed")).css("a.nm")
    ]
    assert names == ["pays", "ships"]
