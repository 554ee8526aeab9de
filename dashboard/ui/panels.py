"""Parts of a page that load by themselves: one that fails leaves the others whole."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import cached_property
from typing import TypeVar

from django.db import DatabaseError, connection

from dashboard.request_cache import keep_in_request, kept_in_request
from dashboard.ui.parts import Button, EmptyState

T = TypeVar("T")
D = TypeVar("D")
LONGEST_S = 10
_MISSING = "what did not load"
logger = logging.getLogger(__name__)


def load_or_none(what: str, load: Callable[[], T]) -> T | None:
    """What `load` gives, None when the database did not answer it; `what` is logged."""
    try:
        return load()
    except DatabaseError as error:
        logger.warning("%s did not load: %s", what, error)
        keep_in_request(_MISSING, what)
        if not connection.in_atomic_block and not connection.is_usable():
            # A connection that broke is replaced before the next part asks.
            connection.close()
        return None


def all_loaded() -> bool:
    """Whether nothing that was loaded for this request failed."""
    return kept_in_request(_MISSING) is None


def part(what: str) -> Callable[[Callable[[D], T]], cached_property[T | None]]:
    """A property of a page's data that loads when it is first asked for, once."""

    def decorate(load: Callable[[D], T]) -> cached_property[T | None]:
        return cached_property(lambda data: load_or_none(what, lambda: load(data)))

    return decorate


def did_not_load(what: str, href: str) -> EmptyState:
    """The error state of one part: `what` is "chart" or "table"."""
    return EmptyState(
        title=f"This {what} did not load",
        text=f"The database failed or took longer than {LONGEST_S} s. The rest of the "
        "page is current.",
        glyph="failing",
        is_error=True,
        button=Button(text="Try again", href=href, icon="sync", small=True),
    )
