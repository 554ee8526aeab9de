"""Decided final results of many cases, in the order of their series, as columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from dashboard.column_store.numbers import distinct, is_among, places_of
from dashboard.metrics.history_rows import (
    OF_REPEATED,
    RepeatedExecution,
    RepeatedExecutions,
)
from dashboard.metrics.series_rows import (
    DecidedFinals,
    RunFacts,
    SeriesRuns,
)

_BY_ROW = ("series", "times", "is_bad", "commits", "is_mixed", "is_marked", "rows")
_BY_REPEAT = (
    *("cases", "runs", "times", "commits", "is_undecided", "is_mixed", "is_marked"),
    *("has_passed", "bad_attempts", "lost_ms", "lost_unknown", "lost_attempts"),
    *("begins", "ends"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeats:
    """Executions of several attempts by case and run, each of the case at a place of the
    histories'.

    `is_undecided`: its attempts disagree and the final one is not decided, so that it is
    no row. `commits` as those of rows; the others as those of `RepeatedExecutions`.
    """

    cases: np.ndarray
    runs: np.ndarray
    times: np.ndarray
    commits: np.ndarray
    is_undecided: np.ndarray
    is_mixed: np.ndarray
    is_marked: np.ndarray
    has_passed: np.ndarray
    bad_attempts: np.ndarray
    lost_ms: np.ndarray
    lost_unknown: np.ndarray
    lost_attempts: np.ndarray
    begins: np.ndarray
    ends: np.ndarray
    letters: bytes

    def chosen(self, which: np.ndarray) -> Repeats:
        return replace(self, **{n: getattr(self, n)[which] for n in _BY_REPEAT})

    def executions(self) -> list[RepeatedExecution]:
        """Each of them."""
        letters = self.letters.decode()
        spans = zip(self.begins.tolist(), self.ends.tolist(), strict=True)
        columns = [getattr(self, name).tolist() for name in _OF_EXECUTION]
        outcomes = (letters[first:end] for first, end in spans)
        return [*map(RepeatedExecution._make, zip(*columns, outcomes, strict=True))]


_OF_EXECUTION = (
    *("runs", "times", "is_mixed", "is_marked", "has_passed"),
    *("lost_ms", "lost_unknown", "lost_attempts"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RowDetails:
    """What is asked of few of the rows: `outcomes` are the letters P F E, an unknown
    duration is -1. `lost_ms` sums the `lost_attempts` of a run that did not pass or were
    repeats, of which `lost_unknown` have no duration.
    """

    runs: np.ndarray
    outcomes: np.ndarray
    durations_ms: np.ndarray
    lost_ms: np.ndarray
    lost_unknown: np.ndarray
    lost_attempts: np.ndarray


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryColumns:
    """A row for each result: by case, then by series, each series in its order.

    `cases` are places in `case_ids`; each series has a number of its own. `commits` is a
    number for what a case said of one commit in one configuration where that disagrees
    with itself, else -1. `is_mixed`: the attempts of its run disagree; `is_marked`: and the
    vendor says that the repeats are retries. `times` are microseconds since 1970, `rows`
    the places of their `details`.
    """

    case_ids: np.ndarray
    projects: np.ndarray
    cases: np.ndarray
    series: np.ndarray
    times: np.ndarray
    is_bad: np.ndarray
    commits: np.ndarray
    is_mixed: np.ndarray
    is_marked: np.ndarray
    rows: np.ndarray
    details: RowDetails
    repeats: Repeats

    def detail(self, name: str, which: np.ndarray | None = None) -> np.ndarray:
        """One of the details of all rows, or of those that a mask says."""
        rows = self.rows if which is None else self.rows[which]
        found: np.ndarray = getattr(self.details, name)[rows]
        return found

    def between(self, since: int, until: int) -> HistoryColumns:
        """What lies in [since, until), in microseconds since 1970."""
        of_rows = (self.times >= since) & (self.times < until)
        times = self.repeats.times
        of_repeats = (times >= since) & (times < until)
        if of_rows.all() and of_repeats.all():
            return self
        return self._chosen(of_rows, of_repeats)

    def of_cases(self, is_wanted: np.ndarray) -> HistoryColumns:
        """That of the cases at the places that the mask says."""
        return self._chosen(is_wanted[self.cases], is_wanted[self.repeats.cases])

    def _chosen(self, of_rows: np.ndarray, of_repeats: np.ndarray) -> HistoryColumns:
        """Cases of which nothing is left are left out."""
        # Looked through once, and not for each column.
        places = np.flatnonzero(of_rows)
        cases = self.cases[places]
        is_there = np.zeros(len(self.case_ids), dtype=bool)
        is_there[cases] = True
        is_there[self.repeats.cases[of_repeats & self.repeats.is_undecided]] = True
        place = np.cumsum(is_there) - 1
        repeats = self.repeats.chosen(of_repeats & is_there[self.repeats.cases])
        rows: dict[str, Any] = {name: getattr(self, name)[places] for name in _BY_ROW}
        return HistoryColumns(
            case_ids=self.case_ids[is_there],
            projects=self.projects[is_there],
            cases=place[cases],
            details=self.details,
            repeats=replace(repeats, cases=place[repeats.cases]),
            **rows,
        )


def history_columns(
    finals: DecidedFinals,
    repeated: RepeatedExecutions,
    facts: Mapping[int, RunFacts],
) -> HistoryColumns:
    """Of all cases that have a decided final or a mixed run."""
    runs = SeriesRuns(facts)
    order, of, series = runs.order(finals)
    cases, ids = finals.cases[order], finals.runs[order]
    is_bad = finals.outcomes[order] != b"P"
    pairs = np.where(runs.commits[of] >= 0, _pairs(cases, runs.commits[of]), -1)
    disagreeing = _disagreeing(pairs, is_bad)
    rows = np.flatnonzero(finals.is_repeat[order])
    executions = _pairs(cases[rows], ids[rows])
    repeats, of_rows = _repeats(repeated, runs, disagreeing, executions)
    case_ids = distinct(np.concatenate([cases, repeats.cases[repeats.is_undecided]]))
    kept = repeats.chosen(is_among(repeats.cases, case_ids))
    places, kept_places = (places_of(one, case_ids) for one in (cases, kept.cases))
    projects = np.zeros(len(case_ids), dtype=np.int64)
    projects[places] = runs.projects[of]
    projects[kept_places] = runs.projects[runs.of(kept.runs)]
    durations_ms = finals.durations_ms[order]
    of_run: dict[str, np.ndarray] = {
        "is_mixed": np.zeros(len(cases), dtype=bool),
        "is_marked": np.zeros(len(cases), dtype=bool),
        "lost_ms": is_bad * np.maximum(durations_ms, 0),
        "lost_unknown": (is_bad & (durations_ms < 0)).astype(np.int64),
        "lost_attempts": is_bad.astype(np.int64),
    }
    for name, values in of_run.items():
        values[rows] = getattr(repeats, name)[of_rows]
    return HistoryColumns(
        case_ids=case_ids,
        projects=projects,
        cases=places,
        series=series,
        times=finals.times[order],
        is_bad=is_bad,
        commits=_numbers(pairs, disagreeing),
        is_mixed=of_run.pop("is_mixed"),
        is_marked=of_run.pop("is_marked"),
        rows=np.arange(len(cases)),
        details=RowDetails(
            runs=ids,
            outcomes=finals.outcomes[order],
            durations_ms=durations_ms,
            **of_run,
        ),
        repeats=replace(kept, cases=kept_places),
    )


def _pairs(cases: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    """A case and a number below 2^31 as one number, which sorts faster than two."""
    pairs: np.ndarray = cases.astype(np.int64) * 2**31 + numbers
    return pairs


def _disagreeing(pairs: np.ndarray, is_bad: np.ndarray) -> np.ndarray:
    """Those pairs of a case and a commit, in their order, of which some results passed and
    some did not. What agrees in all of the time does so in its parts.
    """
    bad, counts = np.unique(pairs[is_bad & (pairs >= 0)], return_counts=True)
    known = pairs[pairs >= 0]
    all_of, totals = np.unique(known[is_among(known, bad)], return_counts=True)
    return all_of[totals > counts]


def _numbers(pairs: np.ndarray, disagreeing: np.ndarray) -> np.ndarray:
    """The place of each pair among these, -1 for others."""
    numbers = np.full(len(pairs), -1)
    is_one = is_among(pairs, disagreeing)
    numbers[is_one] = np.searchsorted(disagreeing, pairs[is_one])
    return numbers


def _repeats(
    repeated: RepeatedExecutions,
    runs: SeriesRuns,
    disagreeing: np.ndarray,
    rows: np.ndarray,
) -> tuple[Repeats, np.ndarray]:
    """The repeats, their cases by id; and which of them each of the rows is, pairs of case
    and run.
    """
    keys = _pairs(repeated.cases, repeated.runs)
    order = np.argsort(keys)
    told = {name: getattr(repeated, name)[order] for name in OF_REPEATED}
    keys = keys[order]
    places = np.searchsorted(keys, rows)
    is_undecided = told["is_mixed"].copy()
    is_undecided[places] = False
    told["is_marked"] &= told["is_mixed"]
    commits = runs.commits[runs.of(told["runs"])] if len(keys) else keys
    pairs = np.where(commits >= 0, _pairs(told["cases"], commits), -1)
    repeats = Repeats(
        commits=_numbers(pairs, disagreeing),
        is_undecided=is_undecided,
        letters=repeated.letters,
        **told,
    )
    return repeats, places
