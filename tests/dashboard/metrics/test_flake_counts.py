"""Events that are counted in columns are those that are found one by one."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.column_store.selection import EPOCH
from dashboard.filters import Window
from dashboard.metrics.flake_counts import flake_counts
from dashboard.metrics.histories import Histories
from dashboard.metrics.history_columns import history_columns
from dashboard.metrics.history_rows import RepeatedExecutions
from dashboard.metrics.series_rows import DecidedFinals, RunFacts
from ingest.series import flakes
from ingest.series.posterior import is_flaky, posteriors

RUNS = 12
MINUTE = 60_000_000
RUN_FACTS = st.builds(
    RunFacts,
    project=st.just(1),
    configuration=st.sampled_from([None, 5]),
    branch=st.sampled_from(["main", "dev"]),
    external_id=st.sampled_from("abc"),
    commit=st.sampled_from(["", "c0ffee", "d00d"]),
)
# What a case did in a run: nothing, a decided final, repeats that end decided or not.
DID = st.sampled_from(
    ["", *"PPPFE", "mixed P", "marked F", "alike P", "undecided", "marked undecided"]
)


@settings(max_examples=300)
@given(
    facts=st.lists(RUN_FACTS, min_size=RUNS, max_size=RUNS),
    did=st.lists(st.lists(DID, min_size=RUNS, max_size=RUNS), min_size=1, max_size=4),
    times=st.lists(st.integers(0, 20), min_size=RUNS, max_size=RUNS),
    ends=st.tuples(st.integers(0, 21), st.integers(0, 21)),
)
def test_counts_are_those_of_the_events(
    facts: list[RunFacts],
    did: list[list[str]],
    times: list[int],
    ends: tuple[int, int],
) -> None:
    found = _histories(dict(enumerate(facts, 1)), did, times)
    since, until = (EPOCH + timedelta(minutes=end) for end in sorted(ends))
    for histories in (found, found.cut(Window(since=since, until=until))):
        _assert_alike(histories)
    assert [one.case for one in found.where(np.ones(len(found), dtype=bool))] == [
        one.case for one in found
    ]


def _assert_alike(histories: Histories) -> None:
    counts = flake_counts(histories.columns)
    one_by_one = [flakes(one.series, one.mixed, one.commits) for one in histories]
    assert counts.k.tolist() == [one.k for one in one_by_one]
    assert counts.n.tolist() == [one.n for one in one_by_one]
    assert counts.is_proven.tolist() == [one.is_proven for one in one_by_one]
    rates = posteriors(counts.k.tolist(), counts.n.tolist())
    assert counts.is_flaky.tolist() == [
        is_flaky(one.k, rate.low, is_proven=one.is_proven)
        for one, rate in zip(one_by_one, rates, strict=True)
    ]


def _histories(
    facts: dict[int, RunFacts], did: list[list[str]], times: list[int]
) -> Histories:
    rows = [
        (case, run, what, times[run - 1] * MINUTE)
        for case, in_runs in enumerate(did, 1)
        for run, what in enumerate(in_runs, 1)
        if what
    ]
    decided = [row for row in rows if row[2][-1] in "PFE"]
    finals = DecidedFinals(
        outcomes=np.array([what[-1].encode() for _, _, what, _ in decided], dtype="S1"),
        cases=np.array([case for case, *_ in decided], dtype=np.int64),
        runs=np.array([run for _, run, *_ in decided], dtype=np.int64),
        times=np.array([at for *_, at in decided], dtype=np.int64),
        durations_ms=np.full(len(decided), 7),
        is_repeat=np.array([len(what) > 1 for _, _, what, _ in decided], dtype=bool),
    )
    repeats = _repeated([row for row in rows if len(row[2]) > 1])
    return Histories(history_columns(finals, repeats, facts), facts)


def _repeated(rows: list[tuple[int, int, str, int]]) -> RepeatedExecutions:
    """In no order."""
    cases, runs, did, times = zip(*rows[::-1], strict=True) if rows else ((),) * 4
    places = np.arange(len(rows))
    return RepeatedExecutions(
        cases=np.array(cases, dtype=np.int64),
        runs=np.array(runs, dtype=np.int64),
        times=np.array(times, dtype=np.int64),
        is_mixed=np.array(["alike" not in what for what in did], dtype=bool),
        is_marked=np.array(["marked" in what for what in did], dtype=bool),
        has_passed=np.array([what.endswith("P") for what in did], dtype=bool),
        lost_ms=np.full(len(rows), 3),
        lost_unknown=np.full(len(rows), 0),
        lost_attempts=np.full(len(rows), 1),
        bad_attempts=np.full(len(rows), 1),
        begins=2 * places,
        ends=2 * places + 2,
        letters=b"FP" * len(rows),
    )


def test_nothing_is_counted_of_nothing() -> None:
    found = _histories({}, [], [])
    assert len(found) == 0
    assert flake_counts(found.columns).k.tolist() == []


def test_repeats_that_ended_undecided_are_cut_where_all_rows_are_inside() -> None:
    run = RunFacts(1, None, "main", "a", "")
    found = _histories({1: run, 2: run}, [["P", "undecided"]], [3, 8])
    window = Window(since=EPOCH, until=EPOCH + timedelta(minutes=5))
    assert flake_counts(found.columns).k.tolist() == [1]
    assert flake_counts(found.cut(window).columns).k.tolist() == [0]
