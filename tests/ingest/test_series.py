"""Series drawn by hand: streaks, flips, flake events, exposure, rates and proof."""

from __future__ import annotations

from itertools import count

import pytest
from scipy.integrate import quad

from ingest.series import (
    Commits,
    EventKind,
    Flakes,
    MixedRun,
    Series,
    StreakKind,
    expected_flips,
    flakes,
    flips,
    streaks,
)
from ingest.series.posterior import is_flaky, posteriors, upper_bound
from ingest.series.proof import Proof, passes_needed, proof_of

NO_COMMITS = Commits({})


def drawn(letters: str, *, first: int = 1, **values) -> Series:
    """A series whose runs count from `first`, each at the time of its own number."""
    runs = range(first, first + len(letters))
    return Series(outcomes=letters, runs=list(runs), times=list(runs), **values)


def mixed(*runs: int, **values) -> dict[int, MixedRun]:
    return {run: MixedRun(run=run, at=run, **values) for run in runs}


def found(letters: str, *mixed_runs: int, commits: str = "") -> Flakes:
    """The flakes of one series; `commits` has a letter for each result, "." for none."""
    of_run = {run: c for run, c in zip(count(1), commits, strict=False) if c != "."}
    return flakes([drawn(letters)], mixed(*mixed_runs), Commits(of_run))


def kinds(flaked: Flakes) -> list[str]:
    return [event.kind.value for event in flaked.events]


@pytest.mark.parametrize(
    ("letters", "expected"),
    [
        ("", 0),
        ("P", 0),
        ("PPPP", 0),
        ("PF", 1),
        ("PFPF", 3),
        ("PPFPF", 3),
        ("PFEP", 2),
        ("FFEE", 0),
        ("EPEP", 3),
    ],
)
def test_a_flip_is_two_neighbours_of_which_one_passed(letters, expected):
    assert flips(letters) == expected


def test_expected_flips_are_those_of_a_coin():
    assert expected_flips("") == 0
    assert expected_flips("F") == 0
    assert expected_flips("PPFPF") == pytest.approx(2 * 0.6 * 0.4 * 4)
    # Broken for half of the time and mended: one flip where nine were expected.
    assert flips("P" * 10 + "F" * 10) == 1
    assert expected_flips("P" * 10 + "F" * 10) == pytest.approx(9.5)


@pytest.mark.parametrize(
    ("letters", "expected"),
    [
        ("PPP", []),
        ("PFP", [StreakKind.SHORT]),
        ("PFEP", [StreakKind.SHORT]),
        ("PFFFP", [StreakKind.BREAKAGE]),
        ("PF", [StreakKind.BREAKAGE]),
        ("FP", [StreakKind.BEGINNING]),
        ("FFFFP", [StreakKind.BEGINNING]),
        ("FF", [StreakKind.BREAKAGE]),
        ("F", [StreakKind.BREAKAGE]),
        ("FPFPFFFPE", [*map(StreakKind, (2, 3, 1, 1))]),
    ],
)
def test_a_streak_is_judged_by_its_end_then_its_beginning_then_its_length(
    letters, expected
):
    assert [streak.kind for streak in streaks(letters)] == expected


@pytest.mark.parametrize(
    ("letters", "k", "n"),
    [
        ("", 0, 0),
        ("PPPP", 0, 4),
        ("PPFPF", 1, 4),  # the last failure is a breakage
        ("PFPFP", 2, 5),
        ("PFFP", 1, 4),  # one event, however long
        ("PFFFP", 0, 2),
        ("FFFP", 0, 4),  # nobody knows what it followed
        ("FFF", 0, 0),
        ("FPFPF", 1, 4),
        ("PEP", 1, 3),
    ],
)
def test_isolated_failures_are_events_and_breakages_are_no_exposure(letters, k, n):
    assert (found(letters).k, found(letters).n) == (k, n)


def test_a_mixed_run_is_an_event_whatever_its_final_says():
    assert kinds(found("PPP", 2)) == ["mixed run"]
    # The failure between two passes is the final of the mixed run: one event only.
    assert kinds(found("PFP", 2)) == ["mixed run"]
    assert kinds(found("PFFP", 3)) == ["mixed run"]
    assert kinds(found("PFPFP", 2)) == ["mixed run", "isolated failure"]


def test_a_mixed_run_in_a_breakage_counts_in_the_exposure():
    broken = found("PFFF", 3)
    assert (broken.k, broken.n) == (1, 2)


def test_a_mixed_run_that_ended_undecided_is_an_event_and_counts_once():
    flaked = flakes([drawn("PP")], mixed(9), NO_COMMITS)
    assert (flaked.k, flaked.n) == (1, 3)
    alone = flakes([], mixed(9), NO_COMMITS)
    assert (alone.k, alone.n) == (1, 1)


def test_finals_of_one_commit_that_disagree_are_an_event():
    # Broken at the end, but the same code passed too.
    flaked = found("PPFF", commits="aabb")
    assert (flaked.k, flaked.is_proven) == (0, False)
    flaked = found("PPFF", commits="abbb")
    assert kinds(flaked) == ["same commit"]
    assert flaked.events[0].runs == (2, 3, 4)
    assert (flaked.n, flaked.is_proven) == (4, True)


def test_a_commit_that_holds_an_event_counts_no_second_one_but_proves_the_first():
    flaked = found("PFPP", commits="aaa.")
    assert kinds(flaked) == ["isolated failure"]
    assert (flaked.k, flaked.n, flaked.is_proven) == (1, 4, True)
    flaked = found("PPFF", 2, commits=".bbb")
    assert kinds(flaked) == ["mixed run"]
    # The runs of a commit count in n for its own event, not for another's.
    assert (flaked.n, flaked.is_proven) == (2, True)


def test_a_mixed_run_that_ended_undecided_is_an_event_of_its_commit():
    series = [drawn("PPF")]
    commits = Commits({2: "b", 3: "b", 9: "b"})
    assert kinds(flakes(series, mixed(9), commits)) == ["mixed run"]
    assert flakes(series, {}, commits).k == 1


def test_a_commit_is_looked_at_over_all_branches_but_not_over_configurations():
    main, other = drawn("PP", branch="main"), drawn("F", first=3, branch="change")
    commits = Commits({2: "a", 3: "a"})
    flaked = flakes([main, other], {}, commits)
    assert (kinds(flaked), flaked.n) == (["same commit"], 3)
    elsewhere = drawn("F", first=3, branch="change", configuration=7)
    assert flakes([main, elsewhere], {}, commits).k == 0


def test_each_commit_is_an_event_of_its_own():
    flaked = found("PFFPFF", commits="aaabbb")
    # The first failures stand between passes; the last two are the commit's event.
    assert kinds(flaked) == ["isolated failure", "same commit"]
    assert (flaked.k, flaked.n) == (2, 6)


def test_an_event_knows_when_it_began_and_ended():
    flaked = found("PPFEP")
    (event,) = flaked.events
    assert event.kind is EventKind.ISOLATED_FAILURE
    assert (event.runs, event.first_at, event.last_at) == ((3, 4), 3, 4)


def test_marked_retries_prove_and_unmarked_repeats_do_not():
    assert not found("PPP", 2).is_proven
    assert flakes([drawn("PPP")], mixed(2, is_marked=True), NO_COMMITS).is_proven


def test_a_series_is_cut_to_half_open_time():
    cut = drawn("PFPEP").cut(2, 5)
    assert (cut.outcomes, cut.runs, cut.times) == ("FPE", [2, 3, 4], [2, 3, 4])


def density(k: int, n: int):
    return lambda p: p ** (0.17 + k - 1) * (1 - p) ** (1.36 + n - k - 1)


@pytest.mark.parametrize(("k", "n"), [(1, 2), (3, 40), (30, 200)])
def test_the_posterior_cuts_off_two_and_a_half_per_cent_on_each_side(k, n):
    (rate,) = posteriors([k], [n])
    whole = quad(density(k, n), 0, 1)[0]
    assert rate.mean == pytest.approx((0.17 + k) / (1.53 + n))
    assert quad(density(k, n), 0, rate.low)[0] / whole == pytest.approx(
        0.025, rel=0.001
    )
    assert quad(density(k, n), 0, rate.high)[0] / whole == pytest.approx(
        0.975, rel=0.001
    )


def test_one_of_two_does_not_stand_above_thirty_of_two_hundred():
    one_of_two, many = posteriors([1, 30], [2, 200])
    assert one_of_two.mean > many.mean
    assert one_of_two.low < many.low


def test_flaky_takes_two_events_and_a_rate_surely_above_one_per_cent_or_proof():
    assert is_flaky(2, 0.01, is_proven=False)
    assert not is_flaky(1, 0.5, is_proven=False)
    assert not is_flaky(2, 0.0099, is_proven=False)
    assert is_flaky(1, 0.0001, is_proven=True)


def test_a_clean_case_is_below_a_bound_that_shrinks_with_its_exposure():
    assert upper_bound(0) is None
    assert upper_bound(1) == pytest.approx(0.95)
    assert upper_bound(59) == pytest.approx(0.0495, abs=0.0001)


def test_the_passes_that_prove_a_fix_follow_from_the_rate_before():
    assert passes_needed(0.05) == 59
    assert passes_needed(0.5) == 5
    assert passes_needed(0.96) == 1


def test_progress_counts_passes_in_a_row_since_the_last_event():
    series = [drawn("PPFPFPPP")]
    # Two events in five results: what came after the last is not "before the fix".
    proof = proof_of(series, {}, NO_COMMITS)
    (before,) = posteriors([2], [5])
    assert proof == Proof(needed=passes_needed(before.mean), passed=3, since=5)
    assert not proof.is_proven
    longer = proof_of([drawn("PPFPFPPP" + "P" * 20)], {}, NO_COMMITS)
    assert longer is not None
    assert longer.is_proven


def test_a_failure_after_the_last_event_begins_the_count_anew():
    proof = proof_of([drawn("PFPPFFFPP")], {}, NO_COMMITS)
    assert proof is not None
    assert (proof.since, proof.passed) == (2, 2)


def test_a_breakage_after_the_last_event_is_not_of_the_time_before_the_fix():
    broken = proof_of([drawn("PFPPFFFPP")], {}, NO_COMMITS)
    mended = proof_of([drawn("PFPP")], {}, NO_COMMITS)
    assert broken is not None
    assert mended is not None
    assert broken.needed == mended.needed


def test_progress_runs_over_all_series_in_order_of_time():
    one = Series(outcomes="PFPP", runs=[1, 2, 3, 6], times=[1, 2, 3, 6])
    other = Series(outcomes="PP", runs=[4, 5], times=[4, 5], branch="other")
    proof = proof_of([one, other], {}, NO_COMMITS)
    assert proof is not None
    assert proof.passed == 4


def test_without_any_event_there_is_no_fix_to_prove():
    assert proof_of([drawn("PPFF")], {}, NO_COMMITS) is None
