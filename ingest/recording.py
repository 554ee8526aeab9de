"""The time that what is stored counts as recorded at: one for each transaction."""

from __future__ import annotations

from datetime import datetime

from django.db import connection
from django.db.models import DateTimeField, Func

# Of the database, see the migration that makes it: triggers and defaults ask it, too.
FUNCTION = "passline_recording_time"


class RecordingTime(Func):
    """The default of a column that says since when its row is there."""

    function = FUNCTION
    arity = 0
    output_field = DateTimeField()


def recording_time() -> datetime:
    """By the database's clock, at the first call within the open transaction.

    All that one transaction records bears this one time, so that a look at an earlier
    state sees the whole of it or nothing. Ask for it once the rows that are changed are
    locked: then what two transactions do to them has times in the order of their doing.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {FUNCTION}()")
        (now,) = cursor.fetchone()
    found: datetime = now
    return found
