"""Results are put in the order of their series whatever order they are read in."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dashboard.metrics.series_rows import (
    DecidedFinals,
    RunFacts,
    SeriesRuns,
    series_numbers,
)

# Of two branches, the ids at the vendor in another order than ours, two of them alike.
FACTS = {
    run: RunFacts(1, None, branch, external_id, "")
    for run, (branch, external_id) in enumerate(zip("xyxyx", "cabca", strict=True), 7)
}
# Case, run and time.
RESULTS = st.lists(
    st.tuples(st.integers(1, 3), st.sampled_from([*FACTS]), st.integers(0, 4)),
    unique_by=lambda row: row[:2],
)


@given(RESULTS)
def test_series_come_one_after_another_each_by_time_and_then_by_the_vendors_id(rows):
    cases, runs, times = np.asarray(rows, dtype=np.int64).reshape(-1, 3).T
    finals = DecidedFinals(
        outcomes=np.full(len(rows), b"P"),
        cases=cases,
        runs=runs,
        times=times,
        durations_ms=times,
        is_repeat=times > 9,
    )
    known = SeriesRuns(FACTS)
    of = known.of(runs)
    wanted = np.lexsort((known.names[of], times, known.series[of], cases))
    found = known.order(finals)
    assert found.rows.tolist() == wanted.tolist()
    assert found.of.tolist() == of[wanted].tolist()
    series = series_numbers(cases[wanted], known.series[of[wanted]])
    assert found.series.tolist() == series.tolist()
