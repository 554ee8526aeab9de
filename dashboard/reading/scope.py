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

from dashboard.database.local_settings import local_settings, text
from dashboard.database.replica import on_primary
from dashboard.readers import Reader, read_by, reader

SEEN, PAST, TABLES = "seen", "past", "public"
PROJECTS, AS_OF = "passline.projects", "passline.as_of"
VIEW = "passline.view"
_ALL_PROJECTS = f"(SELECT array_agg(id)::text FROM {TABLES}.ingest_project)"


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
    token = _scope.set(scope)
    try:
        with local_settings(_settings(scope)):
            yield
    finally:
        _scope.reset(token)


@contextmanager
def everything() -> Iterator[None]:
    """Within it the tables themselves are met: for what is written in a reader's name
    once it is clear that they may.
    """
    with on_primary(), reading(_EVERYTHING):
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


def _settings(scope: Scope) -> dict[str, str | None]:
    if scope.is_everything:
        return dict.fromkeys((VIEW, "search_path", PROJECTS, AS_OF))
    schema = PAST if scope.as_of else SEEN
    moment = scope.as_of.isoformat() if scope.as_of else ""
    return {
        # A schema without its views would be passed over, and the tables be met: so it fails.
        VIEW: f"{text(f'{schema}.ingest_project')}::regclass::text",
        "search_path": text(f"{schema}, {TABLES}"),
        PROJECTS: _array(scope.projects),
        AS_OF: text(moment),
    }


def _array(projects: frozenset[int] | None) -> str:
    """The ids as the text of an array; the views know no word for all of them."""
    if projects is None:
        return f"coalesce({_ALL_PROJECTS}, '{{}}')"
    return text("{" + ",".join(map(str, sorted(projects))) + "}")


@contextmanager
def for_reader(who: Reader, as_of: datetime | None = None) -> Iterator[None]:
    """Within it an answer is made for this reader, of what is theirs to see, now or as it
    was.
    """
    with read_by(who), reading(Scope(projects=who.projects, as_of=as_of)):
        yield
