"""The clock of the tests: the one place where a test reads the time.

What it says is decided for a whole run, services included: `make test AT=…`, see
`tests/clock/__main__.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta, tzinfo

import pytest

# The minute in which the tests were collected.
START = datetime.now(UTC).replace(second=0, microsecond=0)
_stopped_at: datetime | None = None


def now() -> datetime:
    return _stopped_at or datetime.now(UTC)


def today() -> date:
    """The day in UTC, which may be another one in the next moment."""
    return now().date()


@contextmanager
def stopped(at: datetime = START + timedelta(seconds=30)) -> Iterator[None]:
    """It stays this time, for the tests and for what Django calls now. No window moves
    on between two requests, no day ends, and an age in words is what was worked out.
    """

    class Stopped(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:
            return at.astimezone(tz)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tests.clock._stopped_at", at)
        # Not timezone.now: default values of fields are that very function.
        patch.setattr("django.utils.timezone.datetime", Stopped)
        yield
