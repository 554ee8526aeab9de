"""Of which projects, and of which moment, the database tells while an answer is made.

Queries name their tables without a schema; within `reading` the views of the same names
come first in the search path, for raw SQL as for the ORM.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import Error, connection
from django.db.backends.signals import connection_created
from django.dispatch import receiver

from dashboard.readers import Reader, read_by, reader

SEEN, PAST, TABLES = "seen", "past", "public"
PROJECTS, AS_OF = "passline.projects", "passline.as_of"
_RESET = "RESET search_path"
# A schema without its views would be passed over, and the tables be met: so it fails.
_SET = (
    "SELECT %s::regclass, set_config('search_path', %s, false),"
    f" set_config('{PROJECTS}', %s, false), set_config('{AS_OF}', %s, false)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """The rows of these projects, None for all, as recorded at a moment, None for now."""

    projects: frozenset[int] | None = None
    as_of: datetime | None = None

    @property
    def is_everything(self) -> bool:
        return self.projects is None and self.as_of is None


_EVERYTHING = Scope()
_scope: ContextVar[Scope] = ContextVar("scope", default=_EVERYTHING)


@contextmanager
def reading(scope: Scope) -> Iterator[None]:
    """Within it every query meets the rows of the scope alone."""
    before = _scope.get()
    token = _scope.set(scope)
    try:
        if scope != before:
            _tell_database(scope)
        yield
    finally:
        _scope.reset(token)
        if scope != before:
            _give_back(before)


@contextmanager
def everything() -> Iterator[None]:
    """Within it the tables themselves are met: for what is written in a reader's name
    once it is clear that they may.
    """
    with reading(_EVERYTHING):
        yield


@contextmanager
def at(as_of: datetime | None) -> Iterator[None]:
    """Within it the reader's rows are those of that moment."""
    if as_of is None:
        yield
        return
    with reading(Scope(projects=reader().projects, as_of=as_of)):
        yield


@contextmanager
def present() -> Iterator[None]:
    """Within it the rows of the same projects are today's: for what is said of them beside
    a look at the past, and for what did not change since.
    """
    with reading(Scope(projects=_scope.get().projects)):
        yield


def scope() -> Scope:
    """What is being read; figures kept in a cache are of one scope only."""
    return _scope.get()


def past() -> datetime | None:
    """The moment that is looked at, None for the present."""
    return _scope.get().as_of


def scope_key() -> str:
    """The scope as a part of a key of the cache; "" for everything."""
    now = _scope.get()
    if now.is_everything:
        return ""
    projects = "all" if now.projects is None else sorted(now.projects)
    return f"{projects}@{now.as_of or 'now'}"


def _tell_database(scope: Scope) -> None:
    with connection.cursor() as cursor:
        _apply(cursor, scope)


def _give_back(before: Scope) -> None:
    try:
        _tell_database(before)
    except Error:
        # A connection that may still show somebody's rows serves nobody else.
        connection.close()


def _apply(cursor: Any, scope: Scope) -> None:
    if scope.is_everything:
        cursor.execute(_RESET)
        return
    schema = PAST if scope.as_of else SEEN
    moment = scope.as_of.isoformat() if scope.as_of else ""
    projects = _array(cursor, scope.projects)
    view, path = f"{schema}.ingest_project", f"{schema}, {TABLES}"
    cursor.execute(_SET, [view, path, projects, moment])


def _array(cursor: Any, projects: frozenset[int] | None) -> str:
    """The ids as the text of an array; the views know no word for all of them."""
    if projects is None:
        cursor.execute(f"SELECT id FROM {TABLES}.ingest_project")  # nosec B608 # names of ours; values are parameters
        projects = frozenset(pk for (pk,) in cursor.fetchall())
    return "{" + ",".join(map(str, sorted(projects))) + "}"


@receiver(connection_created)
def _tell_new_connection(*, connection: Any, **_: object) -> None:
    """A connection that broke in the middle of an answer is replaced by one that would
    show every row.
    """
    scope = _scope.get()
    if connection.alias == "default" and not scope.is_everything:
        with connection.cursor() as cursor:
            _apply(cursor, scope)


@contextmanager
def for_reader(who: Reader, as_of: datetime | None = None) -> Iterator[None]:
    """Within it an answer is made for this reader, of what is theirs to see, now or as it
    was.
    """
    with read_by(who), reading(Scope(projects=who.projects, as_of=as_of)):
        yield
