"""The moment that a pinned share is of."""

from __future__ import annotations

from datetime import datetime

from dashboard.filters.state import moment_text
from dashboard.reading import pins
from dashboard.reading.scope import at

# Within it the rows of a share are those of its moment.
shown_at = at


def pin_moment(now: datetime) -> datetime:
    """As of which what is shown now can be shown again."""
    return min(now, pins.pin_moment())


def said_of(as_of: datetime | None) -> tuple[str, ...]:
    """The moment as an address says it, in which nothing is said of the present."""
    return (moment_text(as_of),) if as_of else ()
