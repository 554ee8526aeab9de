"""Decided final results of many cases, in the order of their series, as columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from dashboard.metrics.history_rows import DecidedFinals, RepeatedExecution, RunFacts

_BY_ROW = ("series", "runs", "times", "outcomes", "durations_ms", "commits", "is_mixed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeats:
    """Executions of several attempts by case and run: `executions[places]`, each of the
    case at a place of the histories'.

    `is_undecided`: its attempts disagree and the final one is not decided, so that it is
    no row. `commits` as those of rows.
    """

    executions: Sequence[RepeatedExecution]
    places: np.ndarray
    cases: np.ndarray
    times: np.ndarray
    is_undecided: np.ndarray
    is_marked: np.ndarray
    commits: np.ndarray

    def chosen(self, which: np.ndarray) -> Repeats:
        return replace(
            self,
            places=self.places[which],
            cases=self.cases[which],
            times=self.times[which],
            is_undecided=self.is_undecided[which],
            is_marked=self.is_marked[which],
            commits=self.commits[which],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryColumns:
    """A row for each result: by case, then by series, each series in its order.

    `cases` are places in `case_ids`; each series has a number of its own. `commits` is a
    number for what a case said of one commit in one configuration where that disagrees
    with itself, else -1. `is_mixed`: the attempts of its run disagree; `is_marked`: and the
    vendor says that the repeats are retries. `times` are microseconds since 1970, an
    unknown duration is -1.
    """

    case_ids: np.ndarray
    cases: np.ndarray
    series: np.ndarray
    runs: np.ndarray
    times: np.ndarray
    outcomes: np.ndarray
    durations_ms: np.ndarray
    commits: np.ndarray
    is_mixed: np.ndarray
    is_marked: np.ndarray
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
            cases=place[cases],
            is_marked=self.is_marked[of_rows],
            repeats=replace(repeats, cases=place[repeats.cases]),
            **rows,
        )


def history_columns(
    finals: DecidedFinals,
    repeated: Sequence[RepeatedExecution],
    facts: Mapping[int, RunFacts],
) -> HistoryColumns:
    """Of all cases that have a decided final or a mixed run."""
    runs = _Runs(facts)
    order, of = runs.order(finals)
    cases, ids = finals.cases[order], finals.runs[order]
    series = runs.series[of]
    is_new = np.diff(cases, prepend=-1).astype(bool) | np.diff(
        series, prepend=-1
    ).astype(bool)
    outcomes = finals.outcomes[order]
    pairs = np.where(runs.commits[of] >= 0, _pairs(cases, runs.commits[of]), -1)
    disagreeing = _disagreeing(pairs, outcomes)
    executions = sorted(repeated, key=lambda one: (one.case, one.run))
    repeats, place_of_row = _repeats(executions, runs, disagreeing, cases, ids)
    mixed = np.asarray([one.is_mixed for one in executions] + [False], dtype=bool)
    marked = np.asarray([one.is_marked for one in executions] + [False], dtype=bool)
    case_ids = np.unique(np.concatenate([cases, repeats.cases[repeats.is_undecided]]))
    kept = repeats.chosen(np.isin(repeats.cases, case_ids))
    return HistoryColumns(
        case_ids=case_ids,
        cases=np.searchsorted(case_ids, cases),
        series=np.cumsum(is_new),
        runs=ids,
        times=finals.times[order],
        outcomes=outcomes,
        durations_ms=finals.durations_ms[order],
        commits=_numbers(pairs, disagreeing),
        is_mixed=mixed[place_of_row],
        is_marked=(mixed & marked)[place_of_row],
        repeats=replace(kept, cases=np.searchsorted(case_ids, kept.cases)),
    )


class _Runs:
    """What of the runs tells series and commits apart, by the place of a run."""

    def __init__(self, facts: Mapping[int, RunFacts]) -> None:
        ids = np.fromiter(facts, dtype=np.int64, count=len(facts))
        order = np.argsort(ids)
        known = [*facts.values()]
        self.ids = ids[order]
        self.series = _alike([(of.configuration, of.branch) for of in known])[order]
        commits = _alike([(of.configuration, of.commit) for of in known])
        has_commit = np.asarray([bool(of.commit) for of in known], dtype=bool)
        self.commits = np.where(has_commit, commits, -1)[order]
        names = sorted({of.external_id for of in known})
        place_of = {name: place for place, name in enumerate(names)}
        places = [place_of[of.external_id] for of in known]
        self.names = np.asarray(places, dtype=np.int64)[order]

    def of(self, runs: np.ndarray) -> np.ndarray:
        return np.searchsorted(self.ids, runs)

    def order(self, finals: DecidedFinals) -> tuple[np.ndarray, np.ndarray]:
        """That of rows, and the place of the run of each in it: of results of one time the
        vendor's id of the run decides, in code points.
        """
        of = self.of(finals.runs)
        keys = (self.names[of], finals.times, self.series[of], finals.cases)
        order = np.lexsort(keys)
        return order, of[order]


def _alike(kinds: Sequence[tuple[int | None, str]]) -> np.ndarray:
    """A number for each, the same for equal ones."""
    known: dict[tuple[int | None, str], int] = {}
    numbers = [known.setdefault(kind, len(known)) for kind in kinds]
    return np.asarray(numbers, dtype=np.int64)


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
    executions: Sequence[RepeatedExecution],
    runs: _Runs,
    disagreeing: np.ndarray,
    cases: np.ndarray,
    ids: np.ndarray,
) -> tuple[Repeats, np.ndarray]:
    """The repeats, their cases by id, and of each row its place among them, or the one
    behind the last.
    """
    of_cases = np.asarray([one.case for one in executions], dtype=np.int64)
    of_runs = np.asarray([one.run for one in executions], dtype=np.int64)
    keys, rows = _pairs(of_cases, of_runs), _pairs(cases, ids)
    place = np.searchsorted(keys, rows)
    is_row = np.append(keys, -1)[place] == rows
    place_of_row = np.where(is_row, place, len(executions))
    is_mixed = np.asarray([one.is_mixed for one in executions], dtype=bool)
    is_undecided = is_mixed.copy()
    is_undecided[place[is_row]] = False
    commits = runs.commits[runs.of(of_runs)] if len(executions) else of_runs
    pairs = np.where(commits >= 0, _pairs(of_cases, commits), -1)
    marked = np.asarray([one.is_marked for one in executions], dtype=bool)
    repeats = Repeats(
        executions=executions,
        places=np.arange(len(executions)),
        cases=of_cases,
        times=np.asarray([one.at for one in executions], dtype=np.int64),
        is_undecided=is_undecided,
        is_marked=is_mixed & marked,
        commits=_numbers(pairs, disagreeing),
    )
    return repeats, place_of_row
