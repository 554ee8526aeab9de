"""Failures by what they say: hand-drawn groups, what is in them, and their lists."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dashboard.filters import Filters
from dashboard.lists import CASES, RESULTS, RUNS
from dashboard.metrics.failures import failure_groups, known_before
from ingest import masking
from ingest.contract import Counts
from ingest.masking import signature
from ingest.models import Result, ResultText, Run
from ingest.signatures import sign_messages
from tests import factories
from tests.dashboard.api.client import every_page, problem, read
from tests.factories import NOW

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _public(settings):
    settings.PUBLIC_READ = True


def failed(run: Run, message: str, *cases: str, letter: str = "F") -> list[Result]:
    return factories.make_results(
        run, letter * len(cases), cases=cases, message=message
    )


def run_of(days_ago: float, **values: object) -> Run:
    return factories.make_run(started_at=NOW - days_ago * DAY, **values)


def told(filters: Filters | None = None) -> list[tuple[str, int, int, int]]:
    """Message, results, cases and runs of each group."""
    groups = failure_groups(filters or Filters())
    return [(g.message, g.results, g.cases, g.runs) for g in groups]


# --- which results make a group ----------------------------------------------------


def test_messages_that_differ_in_numbers_only_are_one_group_of_the_newest():
    project = factories.make_project()
    first, second = run_of(3, project=project), run_of(2, project=project)
    failed(first, "waited 10 s for “cart”", "pays", "ships")
    failed(second, "waited 30 s for “list”", "pays")
    failed(second, "no route", "ships")
    assert told() == [("waited 30 s for “list”", 3, 2, 2), ("no route", 1, 1, 1)]


def test_groups_stand_by_their_cases_and_then_by_their_results():
    project = factories.make_project()
    one, other = run_of(3, project=project), run_of(2, project=project)
    failed(one, "often of one", "a")
    failed(other, "often of one", "a")
    failed(one, "once of one", "b")
    failed(one, "of two", "c", "d")
    assert [row[0] for row in told()] == ["of two", "often of one", "once of one"]


def test_failures_without_a_message_are_one_group_and_the_last():
    run = run_of(1)
    failed(run, "", "a", "b", "c")
    failed(run, "said", "d", letter="E")
    groups = failure_groups(Filters())
    assert told() == [("said", 1, 1, 1), ("", 3, 3, 1)]
    assert [group.signature for group in groups] == [signature("said"), None]
    assert [group.masking for group in groups] == [masking.VERSION, None]
    assert [group.share for group in groups] == [0.25, 0.75]


def test_results_that_passed_or_were_not_decided_are_in_no_group():
    factories.make_results(run_of(1), "PSBU?R", message="slow")
    assert told() == []


def test_only_the_last_attempt_fails():
    run = run_of(1)
    times = [run.at, run.at + timedelta(minutes=1)]
    factories.make_results(run, "FP", cases=["a", "a"], at=times, message="first")
    factories.make_results(run, "FF", cases=["b", "b"], at=times, message="twice")
    assert told() == [("twice", 1, 1, 1)]


def test_a_group_tells_when_where_and_in_which_projects():
    first, last = run_of(9), run_of(2)
    failed(first, "gone", "a")
    failed(last, "gone", "a")
    (group,) = failure_groups(Filters())
    assert (group.first_at, group.last_at) == (first.at, last.at)
    assert group.projects == tuple(sorted({first.project_id, last.project_id}))
    # Two projects have a case of this name each.
    assert group.cases == 2


def test_manual_runs_and_outages_are_in_the_groups_as_in_every_rate():
    failed(run_of(1, kind="manual"), "by hand", "a")
    run = run_of(1)
    failed(run, "outage", "a")
    Run.objects.filter(pk=run.pk).update(is_outage=True)
    assert {row[0] for row in told()} == {"by hand", "outage"}


def test_removed_results_and_runs_are_in_no_group():
    run = run_of(1)
    factories.remove(failed(run, "removed", "a"))
    other = run_of(1)
    failed(other, "of a removed run", "a")
    Run.objects.filter(pk=other.pk).update(removed_at=NOW)
    assert told() == []


def test_every_failure_is_in_exactly_one_group():
    for days_ago in (1, 5, 29, 31):
        run = run_of(days_ago)
        failed(run, f"{days_ago} days", "a", "b")
        failed(run, "", "c")
    groups = failure_groups(Filters())
    assert sum(group.results for group in groups) == 9
    assert sum(group.share for group in groups) == pytest.approx(1)


def test_filters_choose_among_the_failures():
    run = run_of(1, branch="main")
    failed(run, "on main", "a")
    other = run_of(1, branch="topic")
    failed(other, "on topic", "a")
    assert told(Filters(branch=("main",))) == [("on main", 1, 1, 1)]
    (case,) = failed(other, "of b", "b")
    assert told(Filters(case=(case.case_id,))) == [("of b", 1, 1, 1)]
    assert told(Filters(project=(run.project_id,))) == [("on main", 1, 1, 1)]
    assert told(Filters(since=NOW, until=NOW + DAY)) == []


def test_a_part_of_the_message_leaves_its_groups_and_their_shares():
    run = run_of(1)
    failed(run, "Timeout in Cart", "a")
    failed(run, "no route", "b")
    (group,) = failure_groups(Filters(message="CART"))
    assert (group.message, group.share) == ("Timeout in Cart", 0.5)


# --- messages that are not signed yet ----------------------------------------------


def test_messages_without_a_signature_are_grouped_with_signed_ones():
    run, other = run_of(2), run_of(1)
    failed(run, "waited 1 s", "a", "b")
    sign_messages()
    failed(other, "waited 2 s", "a")
    assert ResultText.objects.filter(signature=None).count() == 1
    before = failure_groups(Filters(now=NOW))
    assert [(g.message, g.results) for g in before] == [("waited 2 s", 3)]
    assert sum(before[0].days.values()) == 3
    assert listed(RESULTS, before[0].signature) == 3
    sign_messages()
    assert failure_groups(Filters(now=NOW)) == before
    assert listed(RESULTS, before[0].signature) == 3


def test_an_older_masking_is_not_trusted():
    failed(run_of(1), "waited 1 s", "a")
    ResultText.objects.update(signature=UUID(int=9), masking=masking.VERSION - 1)
    (group,) = failure_groups(Filters())
    assert group.signature == signature("waited 1 s")
    assert listed(RESULTS, UUID(int=9)) == 0


# --- days, and what is new -----------------------------------------------------------


def test_days_hold_the_results_of_their_group():
    first, last = run_of(3), run_of(1)
    failed(first, "gone", "a", "b")
    failed(last, "gone", "a")
    failed(last, "", "c")
    days = {group.signature: group.days for group in failure_groups(Filters())}
    assert days == {
        signature("gone"): {first.at.date(): 2, last.at.date(): 1},
        None: {last.at.date(): 1},
    }


def test_a_message_is_known_when_it_was_seen_before_the_window():
    old, new = signature("old"), signature("new")
    failed(run_of(40), "old", "a")
    failed(run_of(1), "old", "a")
    failed(run_of(1), "new", "a")
    sign_messages()
    assert known_before(Filters(), [old, new]) == {old}
    assert known_before(Filters(window_days=90), [old, new]) == set()


def test_a_run_that_the_window_begins_in_knows_the_messages_of_its_first_part():
    run = run_of(30.1)
    for message, case, days_ago in (("old", "a", 30.05), ("new", "b", 29.9)):
        moment = NOW - days_ago * DAY
        factories.make_results(run, "F", cases=[case], at=moment, message=message)
    sign_messages()
    known = known_before(Filters(), [signature("old"), signature("new")])
    assert known == {signature("old")}


# --- lists behind the numbers --------------------------------------------------------


def listed(listing: object, of: UUID | str, **changes: object) -> int:
    filters = replace(Filters(window_days=30), signature=str(of), **changes)
    return listing.select(filters).count()


def test_each_number_of_a_group_is_the_length_of_its_list():
    # A run may begin before the window that its results lie in.
    early = run_of(30.5)
    factories.make_results(
        early, "F", cases=["late"], at=NOW - 29 * DAY, message="gone"
    )
    failed(run_of(2), "gone", "a", "b")
    run = run_of(1)
    failed(run, "gone", "a")
    failed(run, "", "c", "d")
    factories.make_results(run, "P", cases=["passes"], message="gone")
    assert {group.signature for group in failure_groups(Filters())} == {
        signature("gone"),
        None,
    }
    for group in failure_groups(Filters()):
        of = group.signature or "none"
        assert listed(RESULTS, of) == group.results
        assert listed(RESULTS, of, final=True, status=("error", "failed")) == (
            group.results
        )
        assert listed(CASES, of) == group.cases
        assert listed(RUNS, of) == group.runs


def test_the_newest_results_with_a_signature_are_chosen_among_the_newest():
    project = factories.make_project()
    failed(run_of(2, project=project), "gone", "a")
    factories.make_results(run_of(1, project=project), "P", cases=["a"])
    failed(run_of(1, project=project), "gone", "b")
    assert listed(RESULTS, signature("gone")) == 2
    assert listed(RESULTS, signature("gone"), latest=True) == 1


@pytest.mark.parametrize("text", ["1", "NONE", "", "g" * 8, f"{UUID(int=0)}x"])
def test_a_signature_that_is_none_is_refused(text: str):
    said = problem(f"results/?signature={text}")
    assert "neither none nor a signature" in said["signature"][0]


@pytest.mark.parametrize("path", ["projects/", "metrics/failing/", "milestones/"])
def test_other_lists_take_no_signature(path: str):
    said = problem(f"{path}?signature=none")
    assert said == {
        "signature": ["It applies to lists of results, tests and runs only."]
    }


# --- the endpoint ----------------------------------------------------------------------


def test_the_endpoint_gives_the_groups_with_what_they_are_made_of():
    run = run_of(1)
    failed(run, "waited 1 s", "a", "b")
    failed(run, "", "c")
    factories.make_run(counts=Counts(failed=4))
    answer = read("metrics/failures/")
    newest = answer["results"][0]["newest_result"]
    assert read(f"results/{newest}/")["message"] == "waited 1 s"
    assert answer["count"] == 2
    assert answer["meta"]["n_counts"] == 4
    assert "/metrics/failures/explain/?" in answer["meta"]["explain"]
    assert answer["results"][0] == {
        "signature": str(signature("waited 1 s")),
        "masking": masking.VERSION,
        "message": "waited 1 s",
        "newest_result": newest,
        "results": 2,
        "share": 2 / 3,
        "cases": 2,
        "runs": 1,
        "first_at": run.at.isoformat().replace("+00:00", "Z"),
        "last_at": run.at.isoformat().replace("+00:00", "Z"),
        "known_before": False,
        "projects": [run.project_id],
    }
    assert answer["results"][1]["signature"] is None
    assert read("metrics/failures/?message=route")["count"] == 0


@pytest.mark.parametrize(
    "sort", ["", "cases", "-results", "runs", "-first_at", "last_at"]
)
def test_pages_hold_every_group_once_in_any_order(sort: str):
    for number in range(5):
        run = run_of(number + 1)
        failed(run, f"kind {'x' * number}", *"abcde"[: number % 3 + 1])
    asked = f"&sort={sort}" if sort else ""
    rows = every_page(f"metrics/failures/?limit=2{asked}")
    messages = [row["message"] for row in rows]
    assert sorted(messages) == sorted(f"kind {'x' * n}" for n in range(5))


def test_the_number_of_queries_does_not_grow_with_the_groups():
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            read("metrics/failures/")
        return len(asked)

    def fill(names: Iterable[str]) -> None:
        for name in names:
            failed(run_of(1), f"message {name}", "a")
        sign_messages()

    fill("ab")
    few = queries()
    fill("cdefghij")
    assert queries() == few
