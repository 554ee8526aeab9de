"""The clock of the tests: the one place where a test reads the time.

What it says is decided for a whole run, services included: `make test AT=…`, see
`tests/clock/__main__.py`.
"""

from __future__ import annotations

from datetime import UTC, date, datetime


def now() -> datetime:
    return datetime.now(UTC)


def today() -> date:
    """The day in UTC, which may be another one in the next moment."""
    return now().date()
