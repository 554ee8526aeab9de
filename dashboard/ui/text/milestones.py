"""How a milestone's state and due day read wherever milestones are listed."""

from __future__ import annotations

from datetime import datetime

from dashboard.lists.milestones import MilestoneRow
from dashboard.ui.parts import State
from dashboard.ui.text.times import day_of_year
from dashboard.ui.url_state import PageState
from ingest.contract import MilestoneState
from ingest.series import day_of


def milestone_word(row: MilestoneRow, state: PageState) -> State:
    if row.state == MilestoneState.COMPLETED:
        return State(glyph="fixed", word="completed")
    if row.due_at is not None and day_of(row.due_at) < day_of(state.filters.now):
        return State(glyph="stale", word="open, past its date")
    return State(glyph="run", word="open")


def due_day(due_at: datetime | None, now: datetime) -> str:
    """ "4 Dec", with the year unless it is this one; "" without a date.

    The UTC day, which is what lateness goes by: a display zone would move a date that
    a tool states as midnight.
    """
    return day_of_year(day_of(due_at), day_of(now)) if due_at else ""
