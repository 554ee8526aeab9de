"""One thing that an alert would tell of, and what it knows of those that it told before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from zoneinfo import ZoneInfo

from django.http import QueryDict

from dashboard.addresses import address
from dashboard.models import Cause, Subscription


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """`key` names the cause, `title` is what its end is told by, `line` tells of it now,
    "" of several (`number`) that are only counted. `about` are ids of its tests, its milestone,
    its connection or its runs, and `projects` those that all of it was made of. `page` is
    the address of what shows it, "" where nothing that can be shared does. One that
    `is_event` has no end.
    """

    cause: Cause
    key: str
    title: str
    line: str
    page: str = ""
    about: tuple[int, ...]
    projects: tuple[int, ...]
    is_event: bool = False
    number: int = 1

    @property
    def is_news(self) -> bool:
        """Whether it is told only if it began after the alert did."""
        return self.cause in (Cause.FAILING, Cause.FLAKY, Cause.RUN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Growing:
    """An open incident that more tests of its cause join; those that it was told of."""

    key: str
    tests: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Already:
    """What is no news: failing tests of open incidents, and runs. `growing` are incidents
    by their cause, `keys` those of all that are open.
    """

    tests: frozenset[int] = frozenset()
    runs: frozenset[int] = frozenset()
    growing: Mapping[str, Growing] = field(default_factory=dict)
    keys: frozenset[str] = frozenset()

    def incident_of(self, cause: str, now: datetime) -> Growing:
        """The one that is to tell of the cause, or of more of it."""
        if found := self.growing.get(cause):
            return found
        is_free = cause not in self.keys
        return Growing(key=cause if is_free else f"{cause} {now.timestamp():.0f}")


def page(route: str, subscription: Subscription, **own: str) -> str:
    """The address of a page of the subscription's filters."""
    query = QueryDict(subscription.query, mutable=True)
    for name, value in own.items():
        query[name] = value
    return f"{address(route)}?{query.urlencode()}"


def zone(subscription: Subscription) -> tzinfo:
    return ZoneInfo(subscription.zone)
