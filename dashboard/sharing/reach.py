"""The time range that a page or a share is about, read from its parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.http import QueryDict

from dashboard.filters import Accepts, parse
from dashboard.filters.state import BEGINNING, moment_text
from dashboard.sharing.routes import Page

Values = tuple[str, ...]
Pairs = list[tuple[str, str]]
TIMES = ("window", "since", "until")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """The time range of a share; `days` before the moment at which it is looked at."""

    days: int | None = None
    since: datetime | None = None
    until: datetime | None = None

    @property
    def is_open(self) -> bool:
        return self.since is None and self.until is None

    def begin(self, now: datetime) -> datetime:
        if self.since is not None:
            return self.since
        return _back(self.until or now, self.days)

    def pairs(self) -> Pairs:
        if self.is_open:
            return [("window", f"{self.days}d")]
        times = (("since", self.since), ("until", self.until))
        return [(n, moment_text(at)) for n, at in times if at not in (None, BEGINNING)]

    def holds(self, asked: Reach | None) -> bool:
        """Whether both end with the moment, and the asked one begins no earlier."""
        if asked is None or not (self.is_open and asked.is_open):
            return False
        return (asked.days or 0) <= (self.days or 0)


def reach_of(page: Page, texts: Mapping[str, Values]) -> Reach | None:
    """The time that a page is about; None for all time."""
    query = QueryDict(mutable=True)
    for name in TIMES:
        if name in texts:
            query.setlist(name, list(texts[name]))
    read = parse(query, Accepts()).filters
    times: dict[str, Any] = {
        "since": read.since,
        "until": read.until,
        "days": read.window_days,
    }
    if any(times.values()):
        if read.since is None and read.window_days is None and page.days:
            times["days"] = page.days
        return Reach(**times)
    return Reach(days=page.days) if page.days else None


def _back(moment: datetime, days: int | None) -> datetime:
    if days is None or moment - BEGINNING < timedelta(days=days):
        return BEGINNING
    return moment - timedelta(days=days)
