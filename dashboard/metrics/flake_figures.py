"""What is told of how cases flake, of many at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from math import fsum
from typing import Any

import numpy as np

from dashboard.column_store.selection import from_microseconds
from dashboard.metrics.flake_counts import FlakeMarks, count, flake_counts, flake_marks
from dashboard.metrics.flaky_case import EventCounts, FlakyCase
from dashboard.metrics.histories import Histories
from dashboard.metrics.history_columns import HistoryColumns
from ingest.series.posterior import mean_rate, posteriors
from ingest.series.proof import Proof, passes_needed

_NO_TIME = np.iinfo(np.int64).max


def flaky_cases_of(found: Histories, *, with_clean: bool = False) -> list[FlakyCase]:
    """A row for each history that has an event, `with_clean` for every one; without
    names yet.
    """
    of = found.columns
    marks = flake_marks(of)
    counts = flake_counts(of, marks)
    rates = posteriors(counts.k.tolist(), counts.n.tolist())
    columns = [
        of.case_ids.tolist(),
        of.projects.tolist(),
        counts.k.tolist(),
        counts.n.tolist(),
        rates,
        counts.is_proven.tolist(),
        counts.is_flaky.tolist(),
        zip(*(one.tolist() for one in _events(of, marks)), strict=True),
        zip(*(one.tolist() for one in _results(of, marks)), strict=True),
        _expected_flips(of),
        zip(*(one.tolist() for one in event_times(of, marks)), strict=True),
    ]
    rows = zip(*columns, strict=True)
    return [_case(*row) for row in rows if with_clean or row[2]]


def _case(
    case: int,
    project: int,
    k: int,
    n: int,
    rate: Any,
    is_proven: bool,
    is_flaky: bool,
    events: tuple[int, int, int],
    results: tuple[int, ...],
    expected_flips: float,
    times: tuple[int, int],
) -> FlakyCase:
    executions, bad, flips, pairs, on_retry, retried, *lost = results
    return FlakyCase(
        case=case,
        project=project,
        name="",
        k=k,
        n=n,
        rate=rate.mean,
        low=rate.low,
        high=rate.high,
        evidence=("proven" if is_proven else "suspected") if k else None,
        events=EventCounts(
            retry=events[0], same_commit=events[1], alternating=events[2]
        ),
        is_flaky=is_flaky,
        flips=flips,
        pairs=pairs,
        expected_flips=expected_flips,
        executions=executions,
        not_passed=bad,
        passed_on_retry=on_retry,
        retried_attempts=retried,
        time_lost_ms=lost[0],
        unknown_durations=lost[1],
        lost_attempts=lost[2],
        first_event_at=from_microseconds(times[0]) if k else None,
        last_event_at=from_microseconds(times[1]) if k else None,
    )


def _events(of: HistoryColumns, marks: FlakeMarks) -> Sequence[np.ndarray]:
    """Mixed runs, commits that disagree, and isolated failures."""
    number = len(of.case_ids)
    return (
        count([of.cases[of.is_mixed], marks.undecided.cases], number),
        count([marks.commits[marks.is_event]], number),
        count([of.cases[marks.isolated[0]]], number),
    )


def _results(of: HistoryColumns, marks: FlakeMarks) -> Iterator[np.ndarray]:
    """Results, those that did not pass, flips and pairs, runs that passed only on retry
    with the attempts that did not, and the time lost to events.
    """
    number, is_bad = len(of.case_ids), of.is_bad
    is_pair = np.diff(of.series, prepend=-1) == 0
    is_flip = is_pair & (np.diff(is_bad.astype(np.int8), prepend=0) != 0)
    repeats = of.repeats.chosen(of.repeats.is_mixed & of.repeats.has_passed)
    yield count([of.cases], number)
    yield count([of.cases[is_bad]], number)
    yield count([of.cases[is_flip]], number)
    yield count([of.cases[is_pair]], number)
    yield count([repeats.cases], number)
    yield _sum(repeats.cases, repeats.bad_attempts, number)
    for name in ("lost_ms", "lost_unknown", "lost_attempts"):
        of_rows = getattr(of, name)[marks.is_holding]
        yield _sum(
            np.concatenate([of.cases[marks.is_holding], marks.undecided.cases]),
            np.concatenate([of_rows, getattr(marks.undecided, name)]),
            number,
        )


def _sum(cases: np.ndarray, values: np.ndarray, number: int) -> np.ndarray:
    """Of each case. Floats hold the sums exactly: milliseconds of 285,000 years."""
    return np.bincount(cases, weights=values, minlength=number).astype(np.int64)


def _expected_flips(of: HistoryColumns) -> Iterator[float]:
    """See `ingest.series.expected_flips`; exactly rounded, so that the order of the series
    makes no difference.
    """
    begins = np.flatnonzero(np.diff(of.series, prepend=-1))
    lengths = np.diff(np.append(begins, len(of.series)))
    numbers = np.cumsum(np.diff(of.series, prepend=-1) != 0) - 1
    passed = np.bincount(numbers[~of.is_bad], minlength=len(begins))
    share = passed / np.maximum(lengths, 1)
    expected = (2 * share * (1 - share) * (lengths - 1)).tolist()
    parts = np.searchsorted(of.cases[begins], np.arange(len(of.case_ids) + 1)).tolist()
    for first, end in zip(parts, parts[1:], strict=False):
        yield fsum(expected[first:end])


def event_times(of: HistoryColumns, marks: FlakeMarks) -> tuple[np.ndarray, np.ndarray]:
    """Of each case when its events begin and end: with a mixed run's final, and the first
    and the last result of the others that did not pass.
    """
    first, last = (of.times[ends] for ends in marks.isolated)
    isolated = of.cases[marks.isolated[0]]
    is_event = (of.commits >= 0) & np.append(marks.is_event, False)[of.commits]
    single = of.is_mixed | (is_event & of.is_bad)
    cases = np.concatenate([of.cases[single], isolated, marks.undecided.cases])
    at = of.times[single], marks.undecided.times
    begin = np.full(len(of.case_ids), _NO_TIME)
    end = np.full(len(of.case_ids), -_NO_TIME)
    np.minimum.at(begin, cases, np.concatenate([at[0], first, at[1]]))
    np.maximum.at(end, cases, np.concatenate([at[0], last, at[1]]))
    return begin, end


def first_events(found: Histories) -> dict[int, datetime]:
    """By case, of those that have an event."""
    of = found.columns
    marks = flake_marks(of)
    has_event = flake_counts(of, marks).k > 0
    begin, _ = event_times(of, marks)
    cases, times = of.case_ids[has_event].tolist(), begin[has_event].tolist()
    return dict(zip(cases, map(from_microseconds, times), strict=True))


def proofs_of(of: HistoryColumns) -> dict[int, Proof]:
    """By case, how far it is proven that it was mended; see `ingest.series.proof`. Of those
    that have an event.
    """
    marks, number = flake_marks(of), len(of.case_ids)
    counts, (_, since) = flake_counts(of, marks), event_times(of, marks)
    is_exposed = ~marks.is_broken | marks.is_holding
    is_before = of.times <= since[of.cases]
    before = [of.cases[is_exposed & is_before], marks.undecided.cases]
    begins = since.copy()
    np.maximum.at(begins, of.cases[of.is_bad], of.times[of.is_bad])
    columns = (
        of.case_ids,
        counts.k,
        count(before, number),
        count([of.cases[of.times > begins[of.cases]]], number),
        since,
    )
    return {
        case: Proof(needed=passes_needed(mean_rate(k, n)), passed=passed, since=at)
        for case, k, n, passed, at in zip(
            *(one.tolist() for one in columns), strict=True
        )
        if k
    }
