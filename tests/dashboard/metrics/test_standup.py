"""The stand-up's numbers on series drawn by hand: what broke, what was fixed, and why."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dashboard.filters import Filters, Window
from dashboard.metrics.causes import causes
from dashboard.metrics.status_transitions import status_transitions
from dashboard.precomputed.failing import failing_cases
from dashboard.precomputed.flaky import flaky_cases
from dashboard.precomputed.precompute import precompute
from dashboard.precomputed.standup import standup
from ingest.masking import VERSION
from ingest.models import Case, Configuration, Result, ResultText, Run
from tests import factories
from tests.dashboard.api.client import problem, read
from tests.factories import NOW

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SINCE = NOW - DAY


@pytest.fixture
def project():
    return factories.make_project()


def drawn(project, letters: str, *, case: str = "case 1", **values) -> list[Run]:
    """A result every 6 h, the last an hour ago: the last four lie in the last 24 h."""
    return factories.make_history(project, letters, case=case, **values)


def found(filters: Filters | None = None, since=SINCE, until=NOW):
    series = Window(since=until - 30 * DAY, until=until)
    return status_transitions(filters or Filters(now=until), series, since)


def names(items) -> list[str]:
    by_id = dict(Case.objects.values_list("pk", "name"))
    return [by_id[item.case] for item in items]


@pytest.mark.parametrize(
    ("letters", "is_new"),
    [
        ("PPPPPF", True),
        ("PPFFFF", True),
        ("PFFFFF", False),
        ("PFPFFF", True),
        ("PPPPEF", True),
        ("FFFFFP", False),
        ("PPPPFP", False),
        # It began with a failure, which nothing came before.
        ("F", True),
        ("FFFFF", False),
        # Neither ends a streak nor begins one.
        ("PPSSFB", True),
        ("PFSSFB", False),
    ],
)
def test_a_case_is_newly_failing_when_its_streak_began_since(project, letters, is_new):
    drawn(project, letters)
    assert bool(found().newly_failing) is is_new


@pytest.mark.parametrize(
    ("letters", "is_fixed"),
    [
        ("PPPPFP", True),
        ("FFPPPP", True),
        ("FPPPPP", False),
        ("PPFPPP", True),
        ("EESSSP", True),
        # No failure came before the passes.
        ("SSSSSP", False),
        ("PPPPPP", False),
        ("FFPPPF", False),
        # What was skipped since does not undo it.
        ("FFFFPS", True),
        ("FPSSSS", False),
    ],
)
def test_a_case_is_fixed_when_its_passes_began_after_a_failure_and_since(
    project, letters, is_fixed
):
    drawn(project, letters)
    assert bool(found().fixed) is is_fixed


def test_both_edges_of_the_time_belong_to_what_they_say(project):
    drawn(project, "PF", case="at its beginning", every=DAY, until=SINCE)
    drawn(project, "PF", case="just before", every=DAY, until=SINCE - HOUR / 60)
    drawn(project, "PF", case="at its end", every=DAY, until=NOW)
    drawn(project, "FP", case="mended at its beginning", every=DAY, until=SINCE)
    drawn(project, "FP", case="mended before", every=DAY, until=SINCE - HOUR / 60)
    assert names(found().newly_failing) == ["at its beginning"]
    assert names(found().fixed) == ["mended at its beginning"]


def test_of_several_failing_series_the_longest_says_since_when(project):
    old = drawn(project, "PFFFFFF", configuration="Chrome")
    drawn(project, "PPPPPFF", configuration="Firefox")
    assert found().newly_failing == ()
    (item,) = found(since=old[1].at).newly_failing
    assert (item.since, item.since_run, item.streak) == (old[1].at, old[1].pk, 6)


def test_a_failing_case_is_told_as_failing_now_tells_it(project):
    runs = drawn(project, "PPPPFEF")
    (item,) = found().newly_failing
    (same,) = failing_cases(Filters(now=NOW))
    assert (item.case, item.since, item.since_run, item.streak) == (
        *(same.case, same.since, same.since_run, same.streak),
    )
    assert (item.project, item.newest_run, item.newest_at) == (
        *(project.pk, runs[-1].pk, runs[-1].at),
    )


def test_a_fixed_case_tells_how_long_it_had_failed(project):
    runs = drawn(project, "FPPFFEPP")
    (item,) = found().fixed
    assert (item.since, item.since_run) == (runs[6].at, runs[6].pk)
    assert (item.failed_since, item.failed_run) == (runs[3].at, runs[3].pk)
    assert (item.streak, item.project) == (3, project.pk)


def test_nothing_is_fixed_while_another_series_of_the_case_fails(project):
    drawn(project, "PFFFFP", configuration="Chrome")
    drawn(project, "FFFFFF", configuration="Firefox")
    assert found().fixed == ()


def test_of_several_mended_series_the_one_that_failed_longest_is_told(project):
    long = drawn(project, "PFFFFP", configuration="Chrome")
    drawn(project, "PPPFFP", configuration="Firefox")
    drawn(project, "FPPPPP", configuration="Safari")
    (item,) = found().fixed
    assert (item.failed_since, item.streak) == (long[1].at, 4)


def test_series_of_two_branches_and_of_no_configuration_do_not_mix(project):
    drawn(project, "PPPPPF", branch="main")
    drawn(project, "FFFFFP", branch="dev")
    drawn(project, "FFFFFP", case="case 2", branch="dev")
    result = found()
    assert names(result.newly_failing) == ["case 1"]
    assert names(result.fixed) == ["case 2"]


def test_a_configuration_counts_as_what_it_is_an_alias_of(project):
    drawn(project, "FFFFFF", configuration="Chrome")
    (run,) = drawn(project, "P", configuration="Chrome 2", until=NOW - HOUR / 2)
    assert found().fixed == ()
    chrome = Configuration.objects.get(name="Chrome")
    Configuration.objects.filter(name="Chrome 2").update(alias_of=chrome)
    (item,) = found().fixed
    assert item.since_run == run.pk


def test_manual_and_removed_results_make_no_series(project):
    drawn(project, "PPPPPF", case="manual", kind="manual")
    runs = drawn(project, "PPPPPF", case="removed")
    factories.remove(Result.objects.filter(run_id=runs[-1].pk))
    assert found().newly_failing == ()


def test_an_outage_counts_as_it_does_for_what_fails_now(project):
    drawn(project, "PPPPP")
    run = factories.make_run(project, started_at=NOW - HOUR / 2)
    factories.make_results(run, "F" * 20)
    assert len(found().newly_failing) == 20


def test_a_failure_longer_ago_than_thirty_days_makes_nothing_fixed(project):
    drawn(project, "F", until=NOW - 31 * DAY)
    drawn(project, "P")
    assert found().fixed == ()


def test_filters_choose_the_series(project):
    drawn(project, "PPPPPF", configuration="Chrome")
    drawn(project, "PPPPPP", configuration="Firefox")
    other = factories.make_project()
    drawn(other, "PPPPPF")
    for filters, count in (
        (Filters(), 2),
        (Filters(project=(project.pk,)), 1),
        (Filters(configuration=("Firefox",)), 0),
        (Filters(configuration=("Chrome",)), 1),
    ):
        assert len(found(replace(filters, now=NOW)).newly_failing) == count


def test_a_time_of_the_past_is_told_as_it_was(project):
    runs = drawn(project, "PPPPFFFFPPPP")
    end = runs[7].at + HOUR
    then = found(Filters(until=end, now=NOW), since=end - DAY, until=end)
    assert [item.streak for item in then.newly_failing] == [4]
    assert then.fixed == ()
    assert [item.streak for item in found().fixed] == [4]


def test_what_failed_first_comes_first(project):
    drawn(project, "PPPPPF", case="last")
    drawn(project, "PPPFFF", case="first")
    drawn(project, "PPPPFF", case="second")
    drawn(project, "FFPPPP", case="failed long ago")
    drawn(project, "PPPPFP", case="failed lately")
    assert names(found().newly_failing) == ["first", "second", "last"]
    assert names(found().fixed) == ["failed long ago", "failed lately"]


def broken(project, case: str, message: str = "", signature=None, letters="PPF") -> Run:
    """A case that failed an hour ago, or from that many results before."""
    run = drawn(project, letters, case=case)[-1]
    if message:
        rows = Result.objects.filter(run_id=run.pk, case__name=case)
        factories.make_texts(rows, message)
        ResultText.objects.filter(run_id=run.pk).update(
            signature=signature, masking=VERSION
        )
    return run


def told(groups) -> list[tuple[str, list[str]]]:
    return [(group.line, sorted(names(group.cases))) for group in groups]


def test_cases_with_one_signature_share_a_cause(project):
    one, two = uuid4(), uuid4()
    broken(project, "a", "Frame 17 did not load\n  at pay.ts:3", one)
    broken(project, "b", "Frame 18 did not load", one)
    broken(project, "c", "Wrong activity", two)
    groups = causes(found().newly_failing)
    assert told(groups) == [
        ("Frame 18 did not load", ["a", "b"]),
        ("Wrong activity", ["c"]),
    ]
    assert groups[0].key == f"{project.pk}-{one.hex}"


def test_the_same_signature_in_two_projects_is_two_causes(project):
    one = uuid4()
    broken(project, "a", "Boom", one)
    broken(factories.make_project(), "b", "Boom", one)
    assert told(causes(found().newly_failing)) == [("Boom", ["a"]), ("Boom", ["b"])]


def test_what_was_stored_without_a_signature_is_signed_as_it_is_read(project):
    broken(project, "a", "Expected 3 to be 4\nat pay.ts:17")
    broken(project, "b", "Expected 5 to be 6\nat pay.ts:23")
    broken(project, "c", "Expected nothing")
    assert [cases for _, cases in told(causes(found().newly_failing))] == [
        ["a", "b"],
        ["c"],
    ]


def test_cases_without_a_message_share_no_cause(project):
    broken(project, "a")
    broken(project, "b")
    broken(project, "c", "  \n")
    assert [len(group.cases) for group in causes(found().newly_failing)] == [1, 1, 1]


def test_the_newest_result_of_the_streak_says_the_cause(project):
    runs = drawn(project, "PPFF")
    for run, message in zip(runs[2:], ("Old", "New"), strict=True):
        factories.make_texts(Result.objects.filter(run_id=run.pk), message)
    (group,) = causes(found().newly_failing)
    assert group.line == "New"
    assert (group.since, group.since_run) == (runs[2].at, runs[2].pk)


def test_the_largest_cause_stands_first_then_the_oldest(project):
    broken(project, "late", "Late", uuid4())
    broken(project, "early", "Early", uuid4(), letters="PFF")
    both = uuid4()
    for case in ("x", "y"):
        broken(project, case, "Both", both)
    assert [line for line, _ in told(causes(found().newly_failing))] == [
        *("Both", "Early", "Late"),
    ]


def test_the_database_is_asked_as_often_for_many_cases_as_for_one(project):
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as asked:
            causes(found().newly_failing)
        return len(asked)

    broken(project, "a", "Boom", uuid4())
    few = queries()
    for number in range(12):
        broken(project, f"case {number}", f"Boom {number}", uuid4())
    assert queries() == few == 6


def flaking(project, case: str, *, until=NOW - HOUR) -> None:
    """Two isolated failures of ten results in five days: flaky, and not before."""
    drawn(project, "PPFPPPPFPPPPPPPPPPPP", case=case, until=until)


def test_flaky_now_and_not_before_is_newly_flaky(project):
    flaking(project, "lately", until=NOW - HOUR)
    flaking(project, "for long", until=NOW - 20 * DAY)
    assert {case.name for case in flaky_cases(Filters(now=NOW))} == {
        *("lately", "for long"),
    }
    long_ago = standup(Filters(now=NOW), NOW - 10 * DAY)
    assert [case.name for case in long_ago.newly_flaky] == ["lately"]
    assert standup(Filters(now=NOW)).newly_flaky == ()


def test_a_case_flaky_before_and_quiet_since_is_not_newly_flaky(project):
    flaking(project, "case 1", until=NOW - 35 * DAY)
    flaking(project, "case 1", until=NOW - HOUR)
    assert standup(Filters(now=NOW), NOW - 10 * DAY).newly_flaky == ()


def test_the_last_day_is_told_unless_another_beginning_is_asked_for(project):
    drawn(project, "PPPPFFFFFF")
    for filters, since, count in (
        (Filters(), None, 0),
        (Filters(window_days=2), None, 1),
        (Filters(since=NOW - 2 * DAY), None, 1),
        (Filters(), NOW - 2 * DAY, 1),
        (Filters(until=NOW - 13 * HOUR), None, 1),
    ):
        found = standup(replace(filters, now=NOW), since)
        assert len(found.newly_failing) == count
        assert sum(len(group.cases) for group in found.groups) == count


def test_what_was_kept_says_what_the_doors_to_it_say(project):
    """Of every few seconds, while results pass each edge of the windows."""
    for days, letters in ((0, "PPFPF"), (1, "FPPFF"), (30, "FPFPP"), (31, "PFPFP")):
        for case in ("case 1", "case 2", f"{days}"):
            until = NOW.replace(second=0, microsecond=0) - days * DAY
            drawn(project, letters, case=case, every=HOUR / 120, until=until)
    flaking(project, "flaking", until=NOW - DAY / 2)
    begin = NOW.replace(second=0, microsecond=0) - HOUR / 20
    seen = set()
    for step in range(20):
        now = begin + step * HOUR / 400
        if step % 4 == 0:
            precompute(now)
        kept = standup(Filters(now=now))
        live = standup(Filters(since=now - DAY, until=now, now=now))
        assert (kept.newly_failing, kept.fixed) == (live.newly_failing, live.fixed)
        assert kept.newly_flaky == live.newly_flaky
        seen.add((kept.newly_failing, kept.fixed))
    assert len(seen) > 3


def test_tools_that_are_not_fresh_are_told_by_name():
    factories.make_connection("fresh")
    late = NOW - 26 * HOUR
    factories.make_connection("b", last_success_at=late)
    factories.make_connection("a", last_success_at=late, last_error="Key refused.")
    factories.make_connection("c", last_success_at=None)
    found = standup(Filters()).stale
    assert [(tool.name, tool.state) for tool in found] == [
        *(("a", "failing"), ("b", "stale"), ("c", "stale")),
    ]
    assert standup(Filters(tool=("qatech",))).stale == ()


def test_of_the_past_tools_are_stale_that_have_not_brought_it_since():
    factories.make_connection("fails since", last_error="Refused.")
    factories.make_connection("stuck", last_success_at=NOW - 9 * DAY)
    names = [tool.name for tool in standup(Filters(until=NOW - 2 * DAY)).stale]
    assert names == ["stuck"]


def test_the_api_gives_every_part_with_its_rows(settings, project):
    settings.PUBLIC_READ = True
    runs = drawn(project, "PPPPFF", case="broken")
    mended = drawn(project, "PFFFFP", case="mended")
    flaking(project, "flaking")
    factories.make_connection(
        "QA.tech", vendor="qatech", last_success_at=None, last_error="Key refused."
    )
    since = (NOW - 4 * DAY).isoformat().replace("+00:00", "Z")
    answer = read(f"metrics/standup/?since={since}")
    assert answer["meta"]["since"] == since
    assert answer["meta"]["n_rows"] == 6 + 6 + 16
    (row,) = answer["newly_failing"]
    case = row.pop("case")
    assert set(case) == {"id", "key", "name", "folder", "project"}
    assert row == {
        "since": runs[4].at.isoformat().replace("+00:00", "Z"),
        "since_run": runs[4].pk,
        "streak": 2,
        "cause": f"{project.pk}-case-{case['id']}",
        "message": "",
    }
    (row,) = [row for row in answer["fixed"] if row["case"]["name"] == "mended"]
    assert (row["since_run"], row["failed_run"]) == (mended[5].pk, mended[1].pk)
    assert (row["streak"], row["failed_since"] < row["since"]) == (4, True)
    (row,) = answer["newly_flaky"]
    assert (row["case"]["name"], row["k"], row["n"]) == ("flaking", 2, 20)
    assert row["evidence"] == "suspected"
    assert answer["milestones_at_risk"] == []
    (row,) = answer["stale"]
    assert (row["tool"], row["state"]) == ("qatech", "failing")
    assert row["url"].startswith("http://testserver/sync/#connection-")


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("since=yesterday", "since"),
        ("since=2999-01-01", "since"),
        ("status=failed", "status"),
        ("sort=name", "sort"),
        ("cause=1", "cause"),
        ("window=7d&since=2026-01-01", "window"),
        ("format=csv", "format"),
    ],
)
def test_the_api_names_what_it_cannot_read(settings, query, name):
    settings.PUBLIC_READ = True
    assert list(problem(f"metrics/standup/?{query}")) == [name]
