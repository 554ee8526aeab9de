"""Who reads the answer that is being made, and what of it is theirs to see."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, TypeVar

T = TypeVar("T")


class Role(StrEnum):
    """What a person may do; each may do all that the one before it may.

    Viewers read, editors also say opinions, start syncs and runs and share,
    administrators also connect, delete and decide about people.
    """

    VIEWER = "viewer"
    EDITOR = "editor"
    ADMIN = "admin"

    def includes(self, other: Role) -> bool:
        order = list(Role)
        return order.index(self) >= order.index(other)


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedLink:
    """The share whose token a stranger holds: what it shows was recorded `as_of`, None
    for the present, and is shown until `expires_at`, None for as long as it is wanted.
    """

    id: int
    as_of: datetime | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """`role` is None for a stranger; `projects` are the ids of those that the reader may
    see, None for all. A token narrows both. `share` is what a stranger came by.
    """

    user_id: int | None = None
    role: Role | None = None
    projects: frozenset[int] | None = frozenset()
    share: SharedLink | None = None

    def may(self, role: Role) -> bool:
        return self.role is not None and self.role.includes(role)

    def sees(self, project_id: int) -> bool:
        return self.projects is None or project_id in self.projects


class SignedInOnly:
    """Marks a field of a row that a stranger gets as null."""


# `owner: ForSignedIn[str]`
ForSignedIn = Annotated[T, SignedInOnly]

# Tasks and commands read for nobody, and see all.
_EVERYBODY = Reader(projects=None)
_reader: ContextVar[Reader] = ContextVar("reader", default=_EVERYBODY)


@contextmanager
def read_by(who: Reader) -> Iterator[None]:
    """Within it an answer is made for this reader."""
    token = _reader.set(who)
    try:
        yield
    finally:
        _reader.reset(token)


def reader() -> Reader:
    """Whom the answer is made for; outside of requests nobody, who sees all projects."""
    return _reader.get()


def is_signed_in() -> bool:
    """Whether the page is made for somebody signed in; it is not unless that was said."""
    return reader().role is not None


def for_signed_in(text: str) -> str:
    """A text that strangers must not see: people, vendors' addresses and answers."""
    return text if is_signed_in() else ""
