"""What changed since the last stand-up: failing, fixed, flaky, at risk, stale."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from dashboard.filters import Filters, Window, selected_connections
from dashboard.metrics.causes import CauseGroup, causes
from dashboard.metrics.flaky import FLAKY, FlakyCase, flakiness_by_case, in_rank_order
from dashboard.metrics.freshness import State
from dashboard.metrics.freshness import state as state_of
from dashboard.metrics.milestones import Progress, at_risk_milestones
from dashboard.metrics.status_transitions import (
    DAY,
    STATUS_TRANSITIONS,
    FixedCase,
    NewlyFailing,
    StatusTransitions,
    status_transitions,
)
from dashboard.precomputed.figures import Figure, precomputed
from ingest.models import Connection

DEFAULT_DAYS = 1


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


def standup(filters: Filters, since: datetime | None = None) -> Standup:
    """The stand-up from `since` to the end of the filters' window, the present unless
    they say otherwise.
    """
    window = period(filters, since)
    found = status_transitions_in(filters, window)
    return Standup(
        window=window,
        newly_failing=found.newly_failing,
        groups=causes(found.newly_failing),
        fixed=found.fixed,
        newly_flaky=tuple(newly_flaky(filters, window)),
        milestones_at_risk=tuple(at_risk_milestones(filters)),
        stale=stale_tools(filters),
    )


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


def status_transitions_in(filters: Filters, window: Window) -> StatusTransitions:
    """What turned in the stand-up's time, in the series of 30 days to its end."""
    if _is_last_day(filters, window):
        return precomputed(STATUS_TRANSITIONS, thirty_days(filters))
    return status_transitions(filters, series_window(filters), window.since)


def _is_last_day(filters: Filters, window: Window) -> bool:
    """Whether the stand-up is of the 24 h to the present."""
    return filters.until is None and window.since == filters.now - DAY


def newly_flaky(filters: Filters, window: Window) -> list[FlakyCase]:
    """Cases flaky in the 30 days to the window's end and not in those to its beginning,
    in the order of flaky cases.
    """
    if _is_last_day(filters, window):
        found = precomputed(NEWLY_FLAKY, thirty_days(filters))
        return in_rank_order(found)
    flaky = precomputed(replace(FLAKY, tolerance=timedelta()), thirty_days(filters))
    now = in_rank_order(flaky)
    before = _thirty_days_until(filters, window.since).window()
    earlier = flakiness_by_case(filters, [case.case for case in now], before)
    return [
        case
        for case in now
        if case.case not in earlier or not earlier[case.case].is_flaky
    ]


def _thirty_days_until(filters: Filters, until: datetime) -> Filters:
    """The same over the 30 days to a moment."""
    return thirty_days(replace(filters, until=until))


def _of_last_day(filters: Filters) -> list[FlakyCase]:
    # All that were flaky before, because the rows of both times are read at once.
    before = FLAKY.compute(_thirty_days_until(filters, filters.now - DAY))
    known = {case.case for case in before}
    return [case for case in FLAKY.compute(filters) if case.case not in known]


def _of_all(several: Sequence[list[FlakyCase]]) -> list[FlakyCase]:
    return [case for cases in several for case in cases]


# What became flaky in the last 24 h; exact, as TURNED is.
NEWLY_FLAKY = Figure(
    name="newly flaky",
    kind=list[FlakyCase],
    compute=_of_last_day,
    join=_of_all,
    edges=(DAY,),
    looks_back=False,
    days=(30,),
    tolerance=timedelta(),
)


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
        return state_of(connection, filters.now)
    return "fresh" if success and success >= until else state_of(connection, until)
