"""How a milestone's end is told wherever milestones stand: verdict and due day."""

from __future__ import annotations

from datetime import datetime

from dashboard.metrics.milestones import Progress
from dashboard.ui.text import times
from dashboard.ui.text.milestones import Outlook, RiskVerdict, risk_verdict
from dashboard.ui.url_state import PageState
from ingest.series import day_of


def verdict_of(found: Progress) -> RiskVerdict:
    """The verdict in words, the same on a milestone's page and in lists."""
    drawn = found.forecast
    return risk_verdict(
        Outlook(
            today=found.today,
            left=found.left,
            due=found.due_on,
            p10=drawn.p10 if drawn else None,
            p90=drawn.p90 if drawn else None,
            reason=found.reason,
            is_done=found.is_done,
            is_completed=found.is_completed,
        )
    )


def due_text(due_at: datetime | None, state: PageState) -> str:
    """ "4 Dec", with the year unless it is this one; "" without a date.

    The UTC day, which is what lateness goes by: a display zone would move a date that
    a tool states as midnight.
    """
    if due_at is None:
        return ""
    due, today = day_of(due_at), day_of(state.filters.now)
    return times.day(due) if due.year == today.year else f"{times.day(due)} {due.year}"
