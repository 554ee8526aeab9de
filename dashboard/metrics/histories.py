"""The series of cases that flakiness goes by, made from rows of the database."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import numpy as np

from dashboard.filters import Filters, Window
from dashboard.metrics.history_rows import (
    Columns,
    Repeated,
    RunFacts,
    decided,
    finals,
    of_candidates,
    repeated,
    run_facts,
)
from ingest.series import Commits, MixedRun, Series

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Lost:
    """Machine time of the attempts of one execution that did not pass or were repeats.

    An unknown duration counts nothing and is counted in `unknown`.
    """

    ms: int
    unknown: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseHistory:
    """What flakiness goes by: the series of one case in a window, and its mixed runs.

    `commits` knows those of other cases' runs too; `lost` has the runs in which time
    may have been lost.
    """

    case: int
    project: int
    series: tuple[Series, ...]
    mixed: Mapping[int, MixedRun]
    commits: Commits
    lost: Mapping[int, Lost]

    def cut(self, window: Window) -> CaseHistory | None:
        """The part in a window, by the times of final results; None when it is empty."""
        since, until = microseconds(window.since), microseconds(window.until)
        cut = (one.cut(since, until) for one in self.series)
        series = tuple(one for one in cut if one.outcomes)
        mixed = {run: m for run, m in self.mixed.items() if since <= m.at < until}
        return replace(self, series=series, mixed=mixed) if series or mixed else None


def microseconds(moment: datetime) -> int:
    """Since 1970, exactly."""
    return (moment - EPOCH) // timedelta(microseconds=1)


def moment_of(since_1970: int) -> datetime:
    """The moment of this many microseconds since 1970."""
    return EPOCH + timedelta(microseconds=since_1970)


_read_before: ContextVar[tuple[Filters, Window, list[CaseHistory]] | None] = ContextVar(
    "histories", default=None
)


@contextmanager
def read_once(filters: Filters, window: Window) -> Iterator[None]:
    """Within it, histories of the same filters in parts of the window are cut from one
    reading of the rows.
    """
    found = histories(filters, window)
    token = _read_before.set((_chosen_by(filters), window, found))
    try:
        yield
    finally:
        _read_before.reset(token)


def _chosen_by(filters: Filters) -> Filters:
    """What the filters choose, whatever the window and the order."""
    return replace(filters, since=None, until=None, window_days=None, sort="")


def _known(filters: Filters, window: Window) -> list[CaseHistory] | None:
    read = _read_before.get()
    if read is None or read[0] != _chosen_by(filters):
        return None
    _, whole, found = read
    is_inside = whole.since <= window.since and window.until <= whole.until
    return in_window(found, window) if is_inside else None


def histories(
    filters: Filters, window: Window, cases: Collection[int] | None = None
) -> list[CaseHistory]:
    """The histories of these cases, by id; None: of all that may have an event or did
    not pass, and perhaps of some others. Manual runs, outages and excluded runs are
    left out.
    """
    if cases is None and (known := _known(filters, window)) is not None:
        return known
    chosen = finals(filters, window, cases)
    repeats = repeated(chosen)
    if cases is None:
        chosen = of_candidates(chosen, filters, window)
    columns = decided(chosen)
    facts = run_facts({*columns.runs, *(one.run for one in repeats)})
    commits = Commits({run: f.commit for run, f in facts.items() if f.commit})
    gathered: dict[int, _Gathered] = {}
    for case, project, series, lost in _series(columns, facts):
        of_case = gathered.setdefault(case, _Gathered(project))
        of_case.series.append(series)
        of_case.lost.update(lost)
    for repeat in repeats:
        of_case = gathered.setdefault(repeat.case, _Gathered(repeat.project))
        of_case.lost[repeat.run] = Lost(repeat.lost_ms, repeat.unknown)
        if repeat.is_mixed:
            of_case.mixed[repeat.run] = _mixed(repeat, facts[repeat.run])
    return [
        CaseHistory(
            case=case,
            project=found.project,
            series=tuple(found.series),
            mixed=found.mixed,
            commits=commits,
            lost=found.lost,
        )
        for case, found in sorted(gathered.items())
        if found.series or found.mixed
    ]


def in_window(found: Iterable[CaseHistory], window: Window) -> list[CaseHistory]:
    """The parts of histories that lie in a window."""
    return [part for one in found if (part := one.cut(window)) is not None]


@dataclass(slots=True)
class _Gathered:
    project: int
    series: list[Series] = field(default_factory=list)
    mixed: dict[int, MixedRun] = field(default_factory=dict)
    lost: dict[int, Lost] = field(default_factory=dict)


def _mixed(repeat: Repeated, facts: RunFacts) -> MixedRun:
    return MixedRun(
        run=repeat.run,
        at=repeat.at,
        configuration=facts.configuration,
        branch=facts.branch,
        is_marked=repeat.is_marked,
    )


def _series(
    columns: Columns, facts: Mapping[int, RunFacts]
) -> Iterator[tuple[int, int, Series, dict[int, Lost]]]:
    """(case, project, series, time lost by its finals), each series in its order.

    In columns, because a hundred thousand results one by one would take a second.
    """
    if not columns.runs:
        return
    numbers, places = _numbered(facts)
    known = np.fromiter(facts, dtype=np.int64, count=len(facts))
    by_run = np.argsort(known)
    row_of = by_run[np.searchsorted(known, columns.runs, sorter=by_run)]
    cases, times = np.asarray(columns.cases), np.asarray(columns.times)
    of_series, place = numbers[row_of], places[row_of]
    order = np.lexsort((place, times, of_series, cases))
    letters = np.frombuffer(columns.outcomes.encode(), dtype="S1")[order]
    outcomes = letters.tobytes().decode()
    runs = np.asarray(columns.runs)[order].tolist()
    at = times[order].tolist()
    durations = np.asarray(columns.durations_ms)[order]
    changes = np.diff(cases[order]).astype(bool) | np.diff(of_series[order]).astype(
        bool
    )
    starts = [0, *(np.flatnonzero(changes) + 1).tolist(), len(runs)]
    for first, end in zip(starts, starts[1:], strict=False):
        of = facts[runs[first]]
        series = Series(
            outcomes=outcomes[first:end],
            runs=runs[first:end],
            times=at[first:end],
            configuration=of.configuration,
            branch=of.branch,
        )
        row = int(order[first])
        lost = _lost(series, durations[first:end].tolist())
        yield columns.cases[row], columns.projects[row], series, lost


def _numbered(
    facts: Mapping[int, RunFacts],
) -> tuple[np.ndarray, np.ndarray]:
    """For each run a number of its series (configuration, branch), and its place among
    runs of one time: by the vendor's id, in code points.
    """
    kinds: dict[tuple[int | None, str], int] = {}
    numbers = [
        kinds.setdefault((of.configuration, of.branch), len(kinds))
        for of in facts.values()
    ]
    ids = sorted({of.external_id for of in facts.values()})
    place_of = {external_id: place for place, external_id in enumerate(ids)}
    places = [place_of[of.external_id] for of in facts.values()]
    return np.asarray(numbers), np.asarray(places)


def _lost(series: Series, durations_ms: list[int]) -> dict[int, Lost]:
    """Time lost by finals that did not pass, by run."""
    if series.outcomes.count("P") == len(series.outcomes):
        return {}
    return {
        run: Lost(max(duration_ms, 0), int(duration_ms < 0))
        for run, letter, duration_ms in zip(
            series.runs, series.outcomes, durations_ms, strict=True
        )
        if letter != "P"
    }
