"""Decided final results of many cases, in the order of their series, as columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from dashboard.metrics.history_rows import (
    OF_REPEATED,
    RepeatedExecution,
    RepeatedExecutions,
)
from dashboard.metrics.series_rows import (
    DecidedFinals,
    RunFacts,
    SeriesRuns,
    series_numbers,
)

_BY_ROW = (
    *("series", "runs", "times", "outcomes", "durations_ms", "commits"),
    *("is_mixed", "is_marked", "lost_ms", "lost_unknown", "lost_attempts"),
)
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
class HistoryColumns:
    """A row for each result: by case, then by series, each series in its order.

    `cases` are places in `case_ids`; each series has a number of its own. `commits` is a
    number for what a case said of one commit in one configuration where that disagrees
    with itself, else -1. `is_mixed`: the attempts of its run disagree; `is_marked`: and the
    vendor says that the repeats are retries. `times` are microseconds since 1970, an
    unknown duration is -1. `lost_ms` sums the `lost_attempts` of a
    run that did not pass or were repeats, of which `lost_unknown` have no duration.
    """

    case_ids: np.ndarray
    projects: np.ndarray
    cases: np.ndarray
    series: np.ndarray
    runs: np.ndarray
    times: np.ndarray
    outcomes: np.ndarray
    durations_ms: np.ndarray
    commits: np.ndarray
    is_mixed: np.ndarray
    is_marked: np.ndarray
    lost_ms: np.ndarray
    lost_unknown: np.ndarray
    lost_attempts: np.ndarray
    repeats: Repeats

    @property
    def is_bad(self) -> np.ndarray:
        found: np.ndarray = self.outcomes != b"P"
        return found

    def between(self, since: int, until: int) -> HistoryColumns:
        """What lies in [since, until), in microseconds since 1970."""
        of_rows = (self.times >= since) & (self.times < until)
        times = self.repeats.times
        return self._chosen(of_rows, (times >= since) & (times < until))

    def of_cases(self, is_wanted: np.ndarray) -> HistoryColumns:
        """That of the cases at the places that the mask says."""
        return self._chosen(is_wanted[self.cases], is_wanted[self.repeats.cases])

    def _chosen(self, of_rows: np.ndarray, of_repeats: np.ndarray) -> HistoryColumns:
        """Cases of which nothing is left are left out."""
        cases = self.cases[of_rows]
        is_there = np.zeros(len(self.case_ids), dtype=bool)
        is_there[cases] = True
        is_there[self.repeats.cases[of_repeats & self.repeats.is_undecided]] = True
        place = np.cumsum(is_there) - 1
        repeats = self.repeats.chosen(of_repeats & is_there[self.repeats.cases])
        rows: dict[str, Any] = {name: getattr(self, name)[of_rows] for name in _BY_ROW}
        return HistoryColumns(
            case_ids=self.case_ids[is_there],
            projects=self.projects[is_there],
            cases=place[cases],
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
    order, of = runs.order(finals)
    cases, ids = finals.cases[order], finals.runs[order]
    outcomes, durations_ms = finals.outcomes[order], finals.durations_ms[order]
    pairs = np.where(runs.commits[of] >= 0, _pairs(cases, runs.commits[of]), -1)
    disagreeing = _disagreeing(pairs, outcomes)
    repeats, place = _repeats(repeated, runs, disagreeing, _pairs(cases, ids))
    case_ids = np.unique(np.concatenate([cases, repeats.cases[repeats.is_undecided]]))
    kept = repeats.chosen(np.isin(repeats.cases, case_ids))
    is_lost = outcomes != b"P"
    own = {
        "lost_ms": np.where(is_lost, np.maximum(durations_ms, 0), 0),
        "lost_unknown": is_lost & (durations_ms < 0),
        "lost_attempts": is_lost,
    }
    return HistoryColumns(
        case_ids=case_ids,
        projects=_projects(
            case_ids, (cases, kept.cases), (of, runs.of(kept.runs)), runs
        ),
        cases=np.searchsorted(case_ids, cases),
        series=series_numbers(cases, runs.series[of]),
        runs=ids,
        times=finals.times[order],
        outcomes=outcomes,
        durations_ms=durations_ms,
        commits=_numbers(pairs, disagreeing),
        is_mixed=_of_repeat(repeats.is_mixed, place, np.zeros(len(cases), dtype=bool)),
        is_marked=_of_repeat(
            repeats.is_marked, place, np.zeros(len(cases), dtype=bool)
        ),
        repeats=replace(kept, cases=np.searchsorted(case_ids, kept.cases)),
        **{
            n: _of_repeat(getattr(repeats, n), place, own[n].astype(np.int64))
            for n in own
        },
    )


def _of_repeat(values: np.ndarray, place: np.ndarray, own: np.ndarray) -> np.ndarray:
    """Of each row the value of its repeat, where it has one, else its own."""
    return np.where(place < len(values), np.append(values, own[:1])[place], own)


def _projects(
    case_ids: np.ndarray,
    cases: Sequence[np.ndarray],
    of: Sequence[np.ndarray],
    runs: SeriesRuns,
) -> np.ndarray:
    found = np.zeros(len(case_ids), dtype=np.int64)
    for some, places in zip(cases, of, strict=True):
        found[np.searchsorted(case_ids, some)] = runs.projects[places]
    return found


def _pairs(cases: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    """A case and a number below 2^31 as one number, which sorts faster than two."""
    pairs: np.ndarray = cases.astype(np.int64) * 2**31 + numbers
    return pairs


def _disagreeing(pairs: np.ndarray, outcomes: np.ndarray) -> np.ndarray:
    """Those pairs of a case and a commit, in their order, of which some results passed and
    some did not. What agrees in all of the time does so in its parts.
    """
    with_commit = pairs >= 0
    is_bad = outcomes[with_commit] != b"P"
    bad, counts = np.unique(pairs[with_commit][is_bad], return_counts=True)
    among = pairs[with_commit][np.isin(pairs[with_commit], bad)]
    all_of, totals = np.unique(among, return_counts=True)
    return all_of[totals > counts]


def _numbers(pairs: np.ndarray, disagreeing: np.ndarray) -> np.ndarray:
    """The place of each pair among these, -1 for others."""
    place = np.searchsorted(disagreeing, pairs)
    return np.where(np.append(disagreeing, -2)[place] == pairs, place, -1)


def _repeats(
    repeated: RepeatedExecutions,
    runs: SeriesRuns,
    disagreeing: np.ndarray,
    rows: np.ndarray,
) -> tuple[Repeats, np.ndarray]:
    """The repeats, their cases by id; and of each row, a pair of case and run, its place
    among them, or the one behind the last.
    """
    keys = _pairs(repeated.cases, repeated.runs)
    order = np.argsort(keys)
    told = {name: getattr(repeated, name)[order] for name in OF_REPEATED}
    keys = keys[order]
    place = np.searchsorted(keys, rows)
    is_row = np.append(keys, -1)[place] == rows
    is_undecided = told["is_mixed"].copy()
    is_undecided[place[is_row]] = False
    told["is_marked"] &= told["is_mixed"]
    commits = runs.commits[runs.of(told["runs"])] if len(keys) else keys
    pairs = np.where(commits >= 0, _pairs(told["cases"], commits), -1)
    repeats = Repeats(
        commits=_numbers(pairs, disagreeing),
        is_undecided=is_undecided,
        letters=repeated.letters,
        **told,
    )
    return repeats, np.where(is_row, place, len(keys))
