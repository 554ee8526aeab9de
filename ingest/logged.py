"""Ids that each line of the log carries while something is done, so that what belongs
together can be found together.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType

_NONE: Mapping[str, str] = MappingProxyType({})
_ids: ContextVar[Mapping[str, str]] = ContextVar("ids", default=_NONE)


def ids() -> Mapping[str, str]:
    """By name, as `request_id`."""
    return _ids.get()


@contextmanager
def logged_with(**more: object) -> Iterator[None]:
    """Within it, lines carry these, too."""
    token = _ids.set({**_ids.get(), **{name: str(more[name]) for name in more}})
    try:
        yield
    finally:
        _ids.reset(token)
