"""What is told of how cases flake, of many at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from dashboard.column_store.numbers import exact_sums
from dashboard.metrics.flake_counts import FlakeMarks, count, flake_counts, flake_marks
from dashboard.metrics.flaky_columns import FlakyColumns
from dashboard.metrics.flaky_moments import Moments, Proofs
from dashboard.metrics.histories import Histories
from dashboard.metrics.history_columns import HistoryColumns
from ingest.series.posterior import different_pairs, mean_rate, posterior_columns
from ingest.series.proof import passes_needed

_NO_TIME = np.iinfo(np.int64).max


def flaky_columns(found: Histories, *, with_clean: bool = False) -> FlakyColumns:
    """Of each history that has an event, `with_clean` of every one; by the id of the
    case.
    """
    of = found.columns
    marks = flake_marks(of)
    counts = flake_counts(of, marks)
    rates = posterior_columns(counts.k, counts.n)
    retry, same_commit, alternating = _events(of, marks)
    executions, not_passed, flips, pairs, on_retry, retried, *lost = _results(of, marks)
    first, last = event_times(of, marks)
    told = FlakyColumns(
        cases=of.case_ids,
        projects=of.projects,
        k=counts.k,
        n=counts.n,
        rate=rates.mean,
        low=rates.low,
        high=rates.high,
        is_proven=counts.is_proven,
        is_flaky=counts.is_flaky,
        retry=retry,
        same_commit=same_commit,
        alternating=alternating,
        flips=flips,
        pairs=pairs,
        expected_flips=_expected_flips(of),
        executions=executions,
        not_passed=not_passed,
        passed_on_retry=on_retry,
        retried_attempts=retried,
        time_lost_ms=lost[0],
        unknown_durations=lost[1],
        lost_attempts=lost[2],
        first_event_at=first,
        last_event_at=last,
    )
    return told if with_clean else told.chosen(counts.k > 0)


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
        of_rows = of.detail(name, marks.is_holding)
        yield _sum(
            np.concatenate([of.cases[marks.is_holding], marks.undecided.cases]),
            np.concatenate([of_rows, getattr(marks.undecided, name)]),
            number,
        )


def _sum(cases: np.ndarray, values: np.ndarray, number: int) -> np.ndarray:
    """Of each case. Floats hold the sums exactly: milliseconds of 285,000 years."""
    return np.bincount(cases, weights=values, minlength=number).astype(np.int64)


def _expected_flips(of: HistoryColumns) -> np.ndarray:
    """See `ingest.series.expected_flips`; exactly rounded, so that the order of the series
    makes no difference.
    """
    begins = np.flatnonzero(np.diff(of.series, prepend=-1))
    lengths = np.diff(np.append(begins, len(of.series)))
    numbers = np.cumsum(np.diff(of.series, prepend=-1) != 0) - 1
    passed = np.bincount(numbers[~of.is_bad], minlength=len(begins))
    share = passed / np.maximum(lengths, 1)
    expected = 2 * share * (1 - share) * (lengths - 1)
    cases = of.cases[begins][expected > 0]
    parts = np.searchsorted(cases, np.arange(len(of.case_ids) + 1))
    return exact_sums(expected[expected > 0], parts)


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


def first_events(of: HistoryColumns, marks: FlakeMarks) -> Moments:
    """Of the cases that have an event."""
    has_event = flake_counts(of, marks).k > 0
    begin, _ = event_times(of, marks)
    return Moments(cases=of.case_ids[has_event], times=begin[has_event])


def proofs_of(of: HistoryColumns, marks: FlakeMarks) -> Proofs:
    """How far it is proven that cases were mended; see `ingest.series.proof`. Of those
    that have an event.
    """
    number = len(of.case_ids)
    counts, (_, since) = flake_counts(of, marks), event_times(of, marks)
    is_exposed = ~marks.is_broken | marks.is_holding
    is_before = of.times <= since[of.cases]
    before = [of.cases[is_exposed & is_before], marks.undecided.cases]
    begins = since.copy()
    np.maximum.at(begins, of.cases[of.is_bad], of.times[of.is_bad])
    has_event = counts.k > 0
    return Proofs(
        cases=of.case_ids[has_event],
        needed=_passes_needed(counts.k, count(before, number))[has_event],
        passed=count([of.cases[of.times > begins[of.cases]]], number)[has_event],
        times=since[has_event],
    )


def _passes_needed(k: np.ndarray, n: np.ndarray) -> np.ndarray:
    different, places = different_pairs(k, n)
    pairs = zip(*(one.tolist() for one in different), strict=True)
    needed = np.asarray([passes_needed(mean_rate(*pair)) for pair in pairs], dtype=int)
    found: np.ndarray = needed[places]
    return found
