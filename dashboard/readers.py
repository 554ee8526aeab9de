"""Who reads the answer that is being made: somebody signed in, or a stranger."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Annotated, TypeVar

T = TypeVar("T")


class SignedInOnly:
    """Marks a field of a row that a stranger gets as null."""


# `owner: ForSignedIn[str]`
ForSignedIn = Annotated[T, SignedInOnly]

_is_signed_in: ContextVar[bool] = ContextVar("is_signed_in", default=False)


@contextmanager
def read_by(*, signed_in: bool) -> Iterator[None]:
    """Within it a page is made for this reader."""
    token = _is_signed_in.set(signed_in)
    try:
        yield
    finally:
        _is_signed_in.reset(token)


def is_signed_in() -> bool:
    """Whether the page is made for somebody signed in; it is not unless that was said."""
    return _is_signed_in.get()


def for_signed_in(text: str) -> str:
    """A text that strangers must not see: people, vendors' addresses and answers."""
    return text if is_signed_in() else ""
