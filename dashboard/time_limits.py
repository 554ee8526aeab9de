"""How long one query may take, or wait for others, while something is done."""

from __future__ import annotations

from contextlib import AbstractContextManager

from dashboard.database.local_settings import local_settings, text


def statement_limit(longest_s: float) -> AbstractContextManager[None]:
    """Inside, a query that takes longer ends as one that failed."""
    return _limited("statement_timeout", longest_s)


def lock_limit(longest_s: float) -> AbstractContextManager[None]:
    """Inside, a query that waits longer for others ends as one that failed."""
    return _limited("lock_timeout", longest_s)


def _limited(setting: str, longest_s: float) -> AbstractContextManager[None]:
    return local_settings({setting: text(str(round(longest_s * 1000)))})
