"""All checks, one after another; one that fails is a finding and stops no other."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import DatabaseError, connection

from dashboard.operations.doctor import (
    configuration,
    database,
    files,
    processes,
    stored,
)
from dashboard.operations.doctor.finding import About, Check, Finding
from dashboard.operations.migrations import unapplied
from dashboard.security import redact
from dashboard.time_limits import statement_limit

# A check of the database must not take longer.
QUERY_LIMIT_S = 60
# Which need no database.
_OF_THIS_MACHINE = (*configuration.CHECKS, *files.CHECKS)


def examine() -> Iterator[Finding]:
    """From what stands in the settings to what is stored."""
    for check in _OF_THIS_MACHINE:
        yield from _findings(check)
    try:
        connection.ensure_connection()
    except DatabaseError as error:
        yield About("database").problem(
            f"The database does not answer: {_words(error)}",
            "Start it, or correct DATABASE_URL. What is stored there was not looked at.",
        )
        yield from _findings(processes.check_broker)
        return
    with statement_limit(QUERY_LIMIT_S):
        for check in (*database.CHECKS, *processes.CHECKS):
            yield from _findings(check)
        if not unapplied():
            for check in (processes.check_schedule, *stored.CHECKS):
                yield from _findings(check)


def _findings(check: Check) -> Iterator[Finding]:
    try:
        yield from check()
    except Exception as error:
        part = check.__name__.removeprefix("check_").replace("_", " ")
        yield About(part).problem(
            f"This could not be checked: {_words(error)}",
            "Mend what the other findings name first, then ask again.",
        )


def _words(error: Exception) -> str:
    return redact(" ".join(str(error).split()) or type(error).__name__)
