"""The moment that a pinned share is of."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime


def pin_moment(now: datetime) -> datetime:
    """As of which what is shown now can be shown again."""
    return now


@contextmanager
def shown_at(as_of: datetime | None) -> Iterator[None]:
    """Within it the rows of a share are those of its moment."""
    yield


def said_of(as_of: datetime | None) -> tuple[str, ...]:
    """The moment as an address says it, in which nothing is said of the present."""
    return ()
