"""The series of cases that flakiness goes by, made from rows of the database."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import numpy as np

from dashboard.filters import Filters, Window
from dashboard.metrics.history_rows import (
    Columns,
    RepeatedExecution,
    RunFacts,
    decided_finals,
    finals,
    finals_of_candidates,
    repeated_executions,
    run_facts,
)
from ingest.series import Commits, MixedRun, Series

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


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

    def cut(self, window: Window) -> CaseHistory | None:
        """The part in a window, by the times of final results; None when it is empty."""
        return self.between(microseconds(window.since), microseconds(window.until))

    def between(self, since: int, until: int) -> CaseHistory | None:
        """The same in [since, until), in microseconds since 1970."""
        cut = (one.cut(since, until) for one in self.series)
        series = [part for part in cut if part.outcomes]
        mixed = {run: m for run, m in self.mixed.items() if since <= m.at < until}
        if not (series or mixed):
            return None
        return CaseHistory(
            case=self.case,
            project=self.project,
            series=tuple(series),
            mixed=mixed,
            commits=self.commits,
            lost=self.lost,
            attempts=self.attempts,
        )


def microseconds(moment: datetime) -> int:
    """Since 1970, exactly."""
    return (moment - EPOCH) // timedelta(microseconds=1)


def from_microseconds(since_1970: int) -> datetime:
    """The moment of this many microseconds since 1970."""
    return EPOCH + timedelta(microseconds=since_1970)


def histories(
    filters: Filters, window: Window, cases: Collection[int] | None = None
) -> list[CaseHistory]:
    """The histories of these cases, by id; None: of all that may have an event or did
    not pass, and perhaps of some others. Manual runs, outages and excluded runs are
    left out.
    """
    chosen = finals(filters, window, cases)
    repeats = repeated_executions(chosen)
    if cases is None:
        chosen = finals_of_candidates(chosen, filters, window)
    columns = decided_finals(chosen)
    runs = {*np.unique(columns.runs).tolist(), *(repeat.run for repeat in repeats)}
    facts = run_facts(runs)
    if len(facts) < len(runs):
        # A tool was disconnected since the rows were read, which are gone by now too.
        return histories(filters, window, cases)
    gathered: dict[int, _HistoryParts] = {}
    for case, project, series in _series(columns, facts):
        gathered.setdefault(case, _HistoryParts(project)).series.append(series)
    for case, run, lost in _lost(columns):
        gathered[case].lost[run] = lost
    for case, run in _commit_disagreements(columns, facts):
        gathered[case].commits[run] = facts[run].commit
    for repeat in repeats:
        of_case = gathered.setdefault(repeat.case, _HistoryParts(repeat.project))
        of_case.lost[repeat.run] = Lost(
            repeat.lost_ms, repeat.unknown, repeat.lost_attempts
        )
        of_case.attempts[repeat.run] = repeat.outcomes
        if repeat.is_mixed:
            of_case.mixed[repeat.run] = _mixed_run(repeat, facts[repeat.run])
            if of_case.commits and (commit := facts[repeat.run].commit):
                of_case.commits[repeat.run] = commit
    return [
        found.of(case)
        for case, found in sorted(gathered.items())
        if found.series or found.mixed
    ]


# Gives the histories of filters in a window: `histories`, or parts of what was read.
ReadHistories = Callable[[Filters, Window], list[CaseHistory]]


def read_in_parts(filters: Filters, whole: Window) -> ReadHistories:
    """Reads the rows of a window once: histories of the same filters in its parts are
    cut from them.
    """
    found, chosen = histories(filters, whole), _chosen_by(filters)

    def read(asked: Filters, window: Window) -> list[CaseHistory]:
        is_inside = whole.since <= window.since and window.until <= whole.until
        if is_inside and _chosen_by(asked) == chosen:
            return in_window(found, window)
        return histories(asked, window)

    return read


def _chosen_by(filters: Filters) -> Filters:
    """What the filters choose, whatever the window and the order."""
    return replace(filters, since=None, until=None, window_days=None, sort="")


def in_window(
    case_histories: Iterable[CaseHistory], window: Window
) -> list[CaseHistory]:
    """The parts of histories that lie in a window."""
    since, until = microseconds(window.since), microseconds(window.until)
    return [
        part
        for one in case_histories
        if (part := one.between(since, until)) is not None
    ]


@dataclass(slots=True)
class _HistoryParts:
    project: int
    series: list[Series] = field(default_factory=list)
    mixed: dict[int, MixedRun] = field(default_factory=dict)
    lost: dict[int, Lost] = field(default_factory=dict)
    commits: dict[int, str] = field(default_factory=dict)
    attempts: dict[int, str] = field(default_factory=dict)

    def of(self, case: int) -> CaseHistory:
        return CaseHistory(
            case=case,
            project=self.project,
            series=tuple(self.series),
            mixed=self.mixed,
            commits=Commits(self.commits) if self.commits else _NO_COMMITS,
            lost=self.lost,
            attempts=self.attempts,
        )


_NO_COMMITS = Commits({})


def _mixed_run(repeat: RepeatedExecution, facts: RunFacts) -> MixedRun:
    return MixedRun(
        run=repeat.run,
        at=repeat.at,
        configuration=facts.configuration,
        branch=facts.branch,
        is_marked=repeat.is_marked,
        has_passed=repeat.has_passed,
    )


def _series(
    columns: Columns, facts: Mapping[int, RunFacts]
) -> Iterator[tuple[int, int, Series]]:
    """(case, project, series), each series in its order."""
    if not len(columns.runs):
        return
    row_of = _rows_of(columns, facts)
    numbers, places = _series_numbers(facts)
    of_series, place = numbers[row_of], places[row_of]
    order = np.lexsort((place, columns.times, of_series, columns.cases))
    cases, of_series = columns.cases[order], of_series[order]
    outcomes = columns.outcomes[order].tobytes().decode()
    runs, times = columns.runs[order].tolist(), columns.times[order].tolist()
    changes = (np.diff(cases) != 0) | (np.diff(of_series) != 0)
    starts = [0, *(np.flatnonzero(changes) + 1).tolist()]
    for case, first, end in zip(
        cases[starts].tolist(), starts, [*starts[1:], len(runs)], strict=True
    ):
        of = facts[runs[first]]
        series = Series(
            outcomes=outcomes[first:end],
            runs=runs[first:end],
            times=times[first:end],
            configuration=of.configuration,
            branch=of.branch,
        )
        yield case, of.project, series


def _rows_of(columns: Columns, facts: Mapping[int, RunFacts]) -> np.ndarray:
    """For each result the place of its run among the facts."""
    known = np.fromiter(facts, dtype=np.int64, count=len(facts))
    by_run = np.argsort(known)
    return by_run[np.searchsorted(known, columns.runs, sorter=by_run)]


def _series_numbers(
    facts: Mapping[int, RunFacts],
) -> tuple[np.ndarray, np.ndarray]:
    """For each run a number of its series (configuration, branch), and its place among
    runs of one time: by the vendor's id, in code points.
    """
    numbers = _alike((of.configuration, of.branch) for of in facts.values())
    ids = sorted({of.external_id for of in facts.values()})
    place_of = {external_id: place for place, external_id in enumerate(ids)}
    places = [place_of[of.external_id] for of in facts.values()]
    return numbers, np.asarray(places)


def _alike(kinds: Iterable[tuple[int | None, str]]) -> np.ndarray:
    """A number for each, the same for equal ones."""
    known: dict[tuple[int | None, str], int] = {}
    return np.asarray([known.setdefault(kind, len(known)) for kind in kinds])


def _lost(columns: Columns) -> Iterator[tuple[int, int, Lost]]:
    """(case, run, time lost) of finals that did not pass."""
    bad = columns.outcomes != b"P"
    cases, runs = columns.cases[bad].tolist(), columns.runs[bad].tolist()
    for case, run, ms in zip(cases, runs, columns.durations_ms.tolist(), strict=True):
        yield case, run, Lost(max(ms, 0), int(ms < 0), 1)


def _commit_disagreements(
    columns: Columns, facts: Mapping[int, RunFacts]
) -> Iterator[tuple[int, int]]:
    """(case, run) of finals that belong to a (commit, configuration) on which the
    finals of their case disagree. What agrees in all of the time does so in its parts.
    """
    with_commit = np.asarray([bool(of.commit) for of in facts.values()], dtype=bool)
    if not len(columns.runs) or not with_commit.any():
        return
    numbers = _alike((of.configuration, of.commit) for of in facts.values())
    row_of = _rows_of(columns, facts)
    places = np.flatnonzero(with_commit[row_of])
    # A case and a commit as one number, which sorts faster than two.
    pairs = columns.cases[places] * len(numbers) + numbers[row_of[places]]
    _, group = np.unique(pairs, return_inverse=True)
    bad = np.bincount(group, weights=columns.outcomes[places] != b"P")
    disagree = places[((bad > 0) & (bad < np.bincount(group)))[group]]
    cases, runs = columns.cases[disagree].tolist(), columns.runs[disagree].tolist()
    yield from zip(cases, runs, strict=True)
