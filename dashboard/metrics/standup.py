"""What changed since the last stand-up: failing, fixed, flaky, at risk, stale."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np

from dashboard.filters import Filters, Window, selected_connections
from dashboard.metrics.causes import CauseGroup
from dashboard.metrics.flaky import (
    FlakyCase,
    FlakyColumns,
    RankedFlaky,
    flakiness_by_case,
    flaky_without_names,
)
from dashboard.metrics.freshness import State, today_of
from dashboard.metrics.freshness import state as state_of
from dashboard.metrics.histories import ReadHistories, histories
from dashboard.metrics.milestones import Progress
from dashboard.metrics.status_transitions import FixedCase, NewlyFailing
from ingest.models import Connection

DEFAULT_DAYS = 1
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class StaleTool:
    """A connection whose data is not fresh at the end of the stand-up's time."""

    connection: int
    name: str
    vendor: str
    state: State
    last_success_at: datetime | None
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Standup:
    """What began in `window`; `groups` are the newly failing cases by cause.

    Milestones are those at risk now, whatever the window.
    """

    window: Window
    newly_failing: tuple[NewlyFailing, ...]
    groups: tuple[CauseGroup, ...]
    fixed: tuple[FixedCase, ...]
    newly_flaky: tuple[FlakyCase, ...]
    milestones_at_risk: tuple[Progress, ...]
    stale: tuple[StaleTool, ...]


def period(filters: Filters, since: datetime | None = None) -> Window:
    """From `since`, else what the filters say, else 24 h before its end, to the end."""
    chosen = replace(
        filters,
        since=since or filters.since,
        window_days=filters.window_days or DEFAULT_DAYS,
    )
    return chosen.window()


def series_window(filters: Filters) -> Window:
    """The 30 days that series are made of, to the end of the filters' window."""
    return thirty_days(filters).window()


def thirty_days(filters: Filters) -> Filters:
    """The same over those 30 days."""
    return replace(filters, since=None, window_days=None)


def newly_flaky(
    filters: Filters, since: datetime, flaky: FlakyColumns
) -> list[FlakyCase]:
    """Those of the cases flaky in the 30 days to the window's end, in their order, that
    are not in the 30 days to `since`.
    """
    now = [*RankedFlaky(flaky)]
    before = _thirty_days_until(filters, since).window()
    earlier = flakiness_by_case(filters, [case.case for case in now], before)
    return [
        case
        for case in now
        if case.case not in earlier or not earlier[case.case].is_flaky
    ]


def newly_flaky_today(
    filters: Filters, read: ReadHistories = histories
) -> FlakyColumns:
    """Cases flaky in the filters' window and not in the same a day before, without
    their names.
    """
    # All that were flaky before, because the rows of both times are read at once.
    earlier = _thirty_days_until(filters, filters.now - DAY)
    before = flaky_without_names(filters, earlier.window(), read)
    now = flaky_without_names(filters, filters.window(), read)
    return now.chosen(~np.isin(now.cases, before.cases))


def _thirty_days_until(filters: Filters, until: datetime) -> Filters:
    """The same over the 30 days to a moment."""
    return thirty_days(replace(filters, until=until))


def stale_tools(
    filters: Filters, connections: Iterable[Connection] | None = None
) -> tuple[StaleTool, ...]:
    """The connections whose data is not fresh, by name; of a stand-up of the past those
    that have not brought what came before its end.

    `connections` are those that the filters choose, by name, where they are known.
    """
    if connections is None:
        connections = selected_connections(filters).order_by("name")
    states = [
        (connection, _state_at(filters, connection)) for connection in connections
    ]
    return tuple(
        StaleTool(
            connection=connection.pk,
            name=connection.name,
            vendor=connection.vendor,
            state=state,
            last_success_at=connection.last_success_at,
            error=connection.last_error,
        )
        for connection, state in states
        if state != "fresh"
    )


def _state_at(filters: Filters, connection: Connection) -> State:
    success, until = connection.last_success_at, filters.until
    if until is None:
        return state_of(connection, today_of(filters))
    return "fresh" if success and success >= until else state_of(connection, until)
