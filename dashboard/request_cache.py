"""What is asked for once while one request is answered."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

T = TypeVar("T")
_answers: ContextVar[dict[str, Any] | None] = ContextVar("answers", default=None)


@contextmanager
def request_cache() -> Iterator[None]:
    """Within it `cached_in_request` asks once: it answers one request. One within another
    is the same.
    """
    known = _answers.get()
    token = _answers.set({} if known is None else known)
    try:
        yield
    finally:
        _answers.reset(token)


@contextmanager
def fresh_request_cache() -> Iterator[None]:
    """Within it nothing of the request around it is known: an answer for another reader,
    or of another moment, is made in the middle of one.
    """
    token = _answers.set({})
    try:
        yield
    finally:
        _answers.reset(token)


def is_in_request() -> bool:
    """Whether anything is kept until a request is answered."""
    return _answers.get() is not None


def cached_in_request(name: str, load: Callable[[], T]) -> T:
    """`load()`, which is asked a single time while one request is answered."""
    known = _answers.get()
    if known is None:
        return load()
    if name not in known:
        known[name] = load()
    found: T = known[name]
    return found


def each_in_request(
    name: str, ids: Collection[int], load: Callable[[set[int]], Mapping[int, T]]
) -> dict[int, T]:
    """What `load` knows of these ids; of each of them it is asked a single time while one
    request is answered.
    """
    known: dict[int, T | None] = cached_in_request(name, dict)
    if missing := {*ids} - {*known}:
        known.update(dict.fromkeys(missing))
        known.update(load(missing))
    return {pk: found for pk in ids if (found := known[pk]) is not None}


def keep_in_request(name: str, value: Any) -> None:
    """For `kept_in_request`, until the request is answered; nowhere outside of one."""
    known = _answers.get()
    if known is not None:
        known[name] = value


def kept_in_request(name: str) -> Any:
    """None where nothing was kept."""
    return (_answers.get() or {}).get(name)
