"""The moment that a pinned share is of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.http import QueryDict

from dashboard.filters.state import BEGINNING, moment_text
from dashboard.reading import pins
from dashboard.reading.scope import at
from dashboard.sharing.reach import TIMES, Reach
from dashboard.sharing.routes import Page

# Within it the rows of a share are those of its moment.
shown_at = at


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """What a share keeps of the moment at which it was made."""

    query: str
    as_of: datetime | None = None
    since: datetime | None = None
    until: datetime | None = None


def pinned(
    page: Page, reach: Reach | None, query: str, asked_at: datetime, now: datetime
) -> Pin:
    """Recorded until now, of a time range that no longer moves. `reach` is that of the
    page, which `query` chooses; `asked_at` is when its open ranges end.
    """
    as_of = min(now, pins.pin_moment())
    if not page.has_time or reach is None:
        # A list of all time has rows without a time too, and of days to come.
        return Pin(query=query, as_of=as_of)
    # Of the time after that moment nothing is known.
    until = min(asked_at, as_of).replace(microsecond=0)
    fixed = _fixed(page, reach, until)
    kept = [(n, v) for n, v in _pairs(query) if n not in TIMES]
    since = None if fixed.since == BEGINNING else fixed.since
    return Pin(
        query=urlencode([*kept, *fixed.pairs()]),
        as_of=as_of,
        since=since,
        until=fixed.until,
    )


def _fixed(page: Page, reach: Reach, until: datetime) -> Reach:
    since = reach.begin(reach.until or until)
    if page.days is None and reach.days is None and reach.until is None:
        # Nor does a list that begins with a day end with one.
        return Reach(since=since)
    return Reach(since=since, until=min(reach.until or until, until))


def _pairs(query: str) -> list[tuple[str, str]]:
    return [(n, v) for n, values in QueryDict(query).lists() for v in values]


def said_of(as_of: datetime | None) -> tuple[str, ...]:
    """The moment as an address says it, in which nothing is said of the present."""
    return (moment_text(as_of),) if as_of else ()
