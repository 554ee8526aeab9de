"""The moment and the zone in which a page speaks."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, tzinfo

from django.utils import timezone

from dashboard.reading.scope import past
from dashboard.ui.text import numbers, times


@dataclass(frozen=True, slots=True)
class Clock:
    """All times of one answer are told from one `now`, which is the moment that is looked
    at, in the zone of display.
    """

    now: datetime = field(default_factory=lambda: past() or timezone.now())
    zone: tzinfo = field(default_factory=timezone.get_current_timezone)

    def moment(self, value: datetime | None, otherwise: str = numbers.DASH) -> str:
        """09:08 today, 18 Nov 22:04 this year."""
        return times.moment(value, self.now, self.zone) if value else otherwise

    def timestamp(self, value: datetime | None) -> str:
        """The whole time with its zone, for titles."""
        return times.timestamp(value, self.zone) if value else ""

    def ago(self, value: datetime | None, otherwise: str = "never") -> str:
        """ "4 min ago" up to 48 h, then the moment."""
        return times.ago(value, self.now, self.zone) if value else otherwise

    def date_and_time(self, value: datetime | None) -> str:
        """19 Nov 2026, 02:10."""
        if value is None:
            return numbers.DASH
        there = value.astimezone(self.zone)
        return f"{times.day(there)} {there.year}, {there:%H:%M}"
