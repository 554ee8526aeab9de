"""Errors that say that no answer is to be had of the database just now, whatever was asked."""

from __future__ import annotations

import psycopg
from django.db import Error
from psycopg import errors

# It is stopped, starts, or has no connection left.
AWAY = (
    errors.AdminShutdown,
    errors.CrashShutdown,
    errors.CannotConnectNow,
    errors.TooManyConnections,
)


def outage_of(error: BaseException | None) -> str:
    """What a person is told, or nothing where the error is another one."""
    cause = error.__cause__ if isinstance(error, Error) else error
    if isinstance(cause, errors.DiskFull):
        return "The database has no room left on its disk"
    # What never reached the server, or broke off, has no code of it.
    is_lost = isinstance(cause, psycopg.OperationalError | psycopg.InterfaceError)
    if isinstance(cause, AWAY) or (
        is_lost and getattr(cause, "sqlstate", None) is None
    ):
        return "The database does not answer"
    return ""
