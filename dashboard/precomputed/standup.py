"""What changed since the last stand-up, from what is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from dashboard.filters import Filters, Window
from dashboard.metrics import standup as metric
from dashboard.metrics.causes import causes
from dashboard.metrics.flaky import FlakyCase, RankedFlaky
from dashboard.metrics.flaky_columns import FlakyColumns, joined_columns
from dashboard.metrics.standup import (
    DAY,
    Standup,
    newly_flaky_today,
    period,
    series_window,
    stale_tools,
    thirty_days,
)
from dashboard.metrics.status_transitions import StatusTransitions, status_transitions
from dashboard.precomputed.figures import Figure, precomputed
from dashboard.precomputed.flaky import FLAKINESS, FLAKY
from dashboard.precomputed.milestones import at_risk_milestones


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


def status_transitions_in(filters: Filters, window: Window) -> StatusTransitions:
    """What turned in the stand-up's time, in the series of 30 days to its end."""
    if _is_last_day(filters, window):
        return precomputed(STATUS_TRANSITIONS, thirty_days(filters))
    return status_transitions(filters, series_window(filters), window.since)


def newly_flaky(filters: Filters, window: Window) -> list[FlakyCase]:
    """Cases flaky in the 30 days to the window's end and not in those to its beginning,
    in the order of flaky cases.
    """
    if _is_last_day(filters, window):
        found = precomputed(NEWLY_FLAKY, thirty_days(filters))
        return [*RankedFlaky(found)]
    flaky = precomputed(_EXACTLY_FLAKY, thirty_days(filters))
    return metric.newly_flaky(filters, window.since, flaky)


_EXACTLY_FLAKY = replace(FLAKY, of=replace(FLAKINESS, tolerance=timedelta()))


def _is_last_day(filters: Filters, window: Window) -> bool:
    """Whether the stand-up is of the 24 h to the present."""
    return filters.until is None and window.since == filters.now - DAY


def _joined_transitions(several: Sequence[StatusTransitions]) -> StatusTransitions:
    failing = [item for one in several for item in one.newly_failing]
    fixed = [item for one in several for item in one.fixed]
    return StatusTransitions(
        newly_failing=tuple(sorted(failing, key=lambda item: (item.since, item.case))),
        fixed=tuple(sorted(fixed, key=lambda item: (item.failed_since, item.case))),
    )


# What turned in the last 24 h. The doors to it say the moment, so it is exact.
STATUS_TRANSITIONS = Figure(
    name="status transitions",
    kind=StatusTransitions,
    compute=lambda filters, _: status_transitions(
        filters, filters.window(), filters.now - DAY
    ),
    join=_joined_transitions,
    edges=(DAY,),
    looks_back=False,
    days=(30,),
    tolerance=timedelta(),
)
# What became flaky in the last 24 h; as exact.
NEWLY_FLAKY = Figure(
    name="newly flaky",
    kind=FlakyColumns,
    compute=newly_flaky_today,
    join=joined_columns,
    edges=(DAY,),
    looks_back=False,
    days=(30,),
    tolerance=timedelta(),
)
