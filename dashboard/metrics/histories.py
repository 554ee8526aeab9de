"""The series of cases that flakiness goes by, all in columns, and each case's by itself."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from dashboard.column_store.numbers import distinct
from dashboard.column_store.selection import chosen_results, microseconds
from dashboard.filters import Filters, Window
from dashboard.metrics.history_columns import HistoryColumns, history_columns
from dashboard.metrics.history_rows import (
    RepeatedExecution,
    automated,
    may_be_event,
    repeated_executions,
)
from dashboard.metrics.made_when_asked import MadeWhenAsked
from dashboard.metrics.series_rows import RunFacts, decided_finals, run_facts
from ingest.series import Commits, MixedRun, Series


class Lost(NamedTuple):
    """Machine time of the `attempts` of one execution that did not pass or were repeats.

    An unknown duration counts nothing and is counted in `unknown`.
    """

    ms: int
    unknown: int
    attempts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseHistory:
    """What flakiness goes by: the series of one case in a window, and its mixed runs.

    `commits` has those on which its series disagree; `lost` has the runs in which time
    may have been lost; `attempts` has the letters P F E of all decided attempts in the
    runs that repeated it.
    """

    case: int
    project: int
    series: tuple[Series, ...]
    mixed: Mapping[int, MixedRun]
    commits: Commits
    lost: Mapping[int, Lost]
    attempts: Mapping[int, str] = field(default_factory=dict)


class _Lists:
    """Columns as lists, of which a part of a place is taken faster; `…_of` says at which
    place the part of each case begins, and of the last one ends.
    """

    def __init__(self, columns: HistoryColumns) -> None:
        self.case_ids: list[int] = columns.case_ids.tolist()
        self.outcomes = columns.detail("outcomes").tobytes().decode()
        self.runs: list[int] = columns.detail("runs").tolist()
        self.times: list[int] = columns.times.tolist()
        begins = np.flatnonzero(np.diff(columns.series, prepend=-1))
        self.series: list[int] = [*begins.tolist(), len(self.runs)]
        self.series_of = self._parts(columns.cases[begins])
        is_bad, disagrees = columns.is_bad, columns.commits >= 0
        self.bad: list[int] = columns.detail("runs", is_bad).tolist()
        self.bad_ms: list[int] = columns.detail("durations_ms", is_bad).tolist()
        self.bad_of = self._parts(columns.cases[is_bad])
        self.disagreeing: list[int] = columns.detail("runs", disagrees).tolist()
        self.disagreeing_of = self._parts(columns.cases[disagrees])
        self.repeats = columns.repeats.executions()
        self.repeats_of = self._parts(columns.repeats.cases)

    def _parts(self, cases: np.ndarray) -> list[int]:
        found: list[int] = np.searchsorted(
            cases, np.arange(len(self.case_ids) + 1)
        ).tolist()
        return found


class Histories(MadeWhenAsked[CaseHistory]):
    """The histories of cases by id, each of which is made when it is asked for."""

    def __init__(self, columns: HistoryColumns, facts: Mapping[int, RunFacts]) -> None:
        self.columns = columns
        self._facts = facts

    def __len__(self) -> int:
        return len(self.columns.case_ids)

    def cut(self, window: Window) -> Histories:
        """The parts in a window, by the times of final results; without empty ones."""
        since, until = microseconds(window.since), microseconds(window.until)
        return Histories(self.columns.between(since, until), self._facts)

    def where(self, is_wanted: np.ndarray) -> Histories:
        """Those of which the mask says so."""
        return Histories(self.columns.of_cases(is_wanted), self._facts)

    def of_cases(self, ids: np.ndarray) -> Histories:
        return self.where(np.isin(self.columns.case_ids, ids))

    @cached_property
    def _lists(self) -> _Lists:
        return _Lists(self.columns)

    def _made(self, place: int) -> CaseHistory:
        known = self._lists
        series = tuple(self._series(place))
        repeats = self._repeats(place)
        mixed = {one.run: self._mixed(one) for one in repeats if one.is_mixed}
        any_run = series[0].runs[0] if series else repeats[0].run
        return CaseHistory(
            case=known.case_ids[place],
            project=self._facts[any_run].project,
            series=series,
            mixed=mixed,
            commits=self._commits(place, mixed),
            lost=dict(self._lost(place)) | {one.run: _lost(one) for one in repeats},
            attempts={one.run: one.outcomes for one in repeats},
        )

    def _series(self, place: int) -> Iterator[Series]:
        known = self._lists
        first, end = known.series_of[place : place + 2]
        for begins, ends in pairwise(known.series[first : end + 1]):
            runs = known.runs[begins:ends]
            of = self._facts[runs[0]]
            yield Series(
                outcomes=known.outcomes[begins:ends],
                runs=runs,
                times=known.times[begins:ends],
                configuration=of.configuration,
                branch=of.branch,
            )

    def _repeats(self, place: int) -> list[RepeatedExecution]:
        first, end = self._lists.repeats_of[place : place + 2]
        return self._lists.repeats[first:end]

    def _mixed(self, one: RepeatedExecution) -> MixedRun:
        facts = self._facts[one.run]
        return MixedRun(
            run=one.run,
            at=one.at,
            configuration=facts.configuration,
            branch=facts.branch,
            is_marked=one.is_marked,
            has_passed=one.has_passed,
        )

    def _commits(self, place: int, mixed: Iterable[int]) -> Commits:
        """Those on which the series disagree; mixed runs may be of one of them."""
        first, end = self._lists.disagreeing_of[place : place + 2]
        if first == end:
            return _NO_COMMITS
        runs = {*self._lists.disagreeing[first:end], *mixed}
        of_run = {run: self._facts[run].commit for run in runs}
        return Commits({run: commit for run, commit in of_run.items() if commit})

    def _lost(self, place: int) -> Iterator[tuple[int, Lost]]:
        """Time lost in the runs of finals that did not pass."""
        part = slice(*self._lists.bad_of[place : place + 2])
        runs, lost_ms = self._lists.bad[part], self._lists.bad_ms[part]
        for run, ms in zip(runs, lost_ms, strict=True):
            yield run, Lost(max(ms, 0), int(ms < 0), 1)


def _lost(one: RepeatedExecution) -> Lost:
    return Lost(one.lost_ms, one.lost_unknown, one.lost_attempts)


_NO_COMMITS = Commits({})


def histories(
    filters: Filters, window: Window, cases: Collection[int] | None = None
) -> Histories:
    """The histories of these cases, by id; None: of all that may have an event or did
    not pass, and perhaps of some others. Manual runs, outages and excluded runs are
    left out.
    """
    parts = [*chosen_results(filters, window, automated(), cases)]
    repeats = repeated_executions(parts)
    decided = decided_finals(parts, may_be_event if cases is None else None)
    runs = distinct(np.concatenate([decided.runs, repeats.runs]))
    facts = run_facts(runs.tolist())
    if len(facts) < len(runs):
        # A tool was disconnected since the rows were read, which are gone by now too.
        return histories(filters, window, cases)
    return Histories(history_columns(decided, repeats, facts), facts)


# Gives the histories of filters in a window: `histories`, or parts of what was read.
ReadHistories = Callable[[Filters, Window], Histories]


def read_in_parts(filters: Filters, whole: Window) -> ReadHistories:
    """Reads the rows of a window once: histories of the same filters in its parts are
    cut from them.
    """
    found, chosen = histories(filters, whole), _chosen_by(filters)

    def read(asked: Filters, window: Window) -> Histories:
        is_inside = whole.since <= window.since and window.until <= whole.until
        if is_inside and _chosen_by(asked) == chosen:
            return found.cut(window)
        return histories(asked, window)

    return read


def _chosen_by(filters: Filters) -> Filters:
    """What the filters choose, whatever the window and the order."""
    return replace(filters, since=None, until=None, window_days=None, sort="")
