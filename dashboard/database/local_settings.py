"""Settings of PostgreSQL that hold while something is done, and in no session after it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType
from typing import Any

from django.db import connection
from psycopg import sql

Settings = Mapping[str, str]
_NOTHING: Settings = MappingProxyType({})
_wanted: ContextVar[Settings] = ContextVar("wanted", default=_NOTHING)
# It sets nothing, and so holds nothing but the transaction itself.
_HELD = "passline.held"


def wanted_settings() -> Settings:
    """Name → SQL expression of the value; what is not named is as the session began."""
    return _wanted.get()


@contextmanager
def local_settings(changes: Mapping[str, str | None]) -> Iterator[None]:
    """Within it each statement runs in a transaction with these settings of its own; None
    takes one back to what it was at first.
    """
    chosen = {**_wanted.get(), **changes}
    token = _wanted.set({k: value for k, value in chosen.items() if value is not None})
    try:
        _tell()
        yield
    finally:
        _wanted.reset(token)
        _tell()


@contextmanager
def held_transaction() -> Iterator[None]:
    """Within it what is read stays in one transaction: a cursor of the database's lives
    no longer than that.
    """
    with local_settings({_HELD: text("on")}):
        yield


def text(value: str) -> str:
    """As an SQL expression."""
    return sql.Literal(value).as_string(None)


def set_locally(settings: Settings, known: Settings | None) -> str:
    """The statement after which these are in force, where `known` were, or who knows what."""
    names = _EVER if known is None else known.keys()
    taken_back = [
        f"SET LOCAL {name} TO DEFAULT" for name in sorted(names - settings.keys())
    ]
    values = [
        f"set_config('{name}', {value}, true)" for name, value in settings.items()
    ]
    return "; ".join(
        [*taken_back, *([f"SELECT {', '.join(values)}"] if values else [])]
    )


_EVER = frozenset(
    {
        "lock_timeout",
        "passline.as_of",
        "passline.projects",
        "passline.view",
        "search_path",
        "statement_timeout",
        _HELD,
    }
)


def _tell() -> None:
    wrapper: Any = connection
    wrapper.settings_changed()
