"""Cases that turned since a moment: from passing to failing, or from failing to passing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from dashboard.column_store.selection import from_microseconds, microseconds
from dashboard.filters import Filters, Window
from dashboard.metrics.failing_series import (
    NEVER,
    FailingSeries,
    Retirement,
    failing_series,
    of_each_case,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewlyFailing:
    """A failing case with the streak of its series that fails longest, as FailingCase.

    `newest_run` and `newest_at` are of the streak's last result.
    """

    case: int
    project: int
    since: datetime
    since_run: int
    streak: int
    newest_run: int
    newest_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedCase:
    """A case that passes again in all its series, with the one that had failed longest.

    It passes from `since` and the run `since_run` on. Before that, from `failed_since`
    and `failed_run` on, `streak` results in a row did not pass.
    """

    case: int
    project: int
    since: datetime
    since_run: int
    failed_since: datetime
    failed_run: int
    streak: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusTransitions:
    """`newly_failing` by since, `fixed` by how long they had failed, longest first;
    then by id.
    """

    newly_failing: tuple[NewlyFailing, ...]
    fixed: tuple[FixedCase, ...]


def status_transitions(
    filters: Filters, window: Window, since: datetime
) -> StatusTransitions:
    """What turned at or after `since`, in the series of the window.

    A case is newly failing when the streak of the series that fails longest began at or
    after `since`. It is fixed when none of its series fails and, in at least one, the
    results that pass now began after a failure and at or after `since`.
    """
    of, turned_at = failing_series(filters, window), microseconds(since)
    retirement = Retirement(of, filters, [window.until], window.until - window.since)
    failing = retirement.failing_now(microseconds(window.until))
    return StatusTransitions(
        newly_failing=tuple(_newly_failing(of, failing, turned_at)),
        fixed=tuple(_fixed(of, _repaired(of, failing, turned_at))),
    )


def _repaired(of: FailingSeries, failing: np.ndarray, since: int) -> np.ndarray:
    """The last rows that did not pass, of series that pass from `since` or later on, of
    cases of which none is failing.
    """
    bad = np.flatnonzero(of.is_bad)
    is_last = np.diff(of.series[bad], append=-1) != 0
    passes_since = of.next_times[bad]
    is_repaired = is_last & (passes_since >= since) & (passes_since != NEVER)
    is_repaired &= ~np.isin(of.cases[bad], of.cases[failing])
    found: np.ndarray = bad[is_repaired]
    return found


def _longest(of: FailingSeries, last: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The first and the last row of the streak of each case that began first, by when it
    did, of those that end with these.
    """
    first, cases = of.streaks[last], of.cases[last]
    chosen = of_each_case(cases, of.times[first], first - last, of.names[first])
    chosen = chosen[np.lexsort((cases[chosen], of.times[first[chosen]]))]
    return first[chosen], last[chosen]


def _newly_failing(
    of: FailingSeries, failing: np.ndarray, since: int
) -> Iterator[NewlyFailing]:
    first, last = _longest(of, failing)
    is_new = of.times[first] >= since
    streaks = zip(first[is_new].tolist(), last[is_new].tolist(), strict=True)
    for begins, ends in streaks:
        run = int(of.runs[begins])
        yield NewlyFailing(
            case=int(of.cases[begins]),
            project=of.facts[run].project,
            since=_moment(of, begins),
            since_run=run,
            streak=ends - begins + 1,
            newest_run=int(of.runs[ends]),
            newest_at=_moment(of, ends),
        )


def _fixed(of: FailingSeries, repaired: np.ndarray) -> Iterator[FixedCase]:
    first, last = _longest(of, repaired)
    for begins, ends in zip(first.tolist(), last.tolist(), strict=True):
        run = int(of.runs[begins])
        yield FixedCase(
            case=int(of.cases[begins]),
            project=of.facts[run].project,
            since=_moment(of, ends + 1),
            since_run=int(of.runs[ends + 1]),
            failed_since=_moment(of, begins),
            failed_run=run,
            streak=ends - begins + 1,
        )


def _moment(of: FailingSeries, row: int) -> datetime:
    return from_microseconds(int(of.times[row]))
