"""The moment at which a view is pinned: nothing comes to it later."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connection

from dashboard.advisory_lock import HOLDER
from dashboard.database.replica import on_primary

# All that one transaction stores is recorded after its start. Which of those that are open
# will store something nobody knows, but that this one does not. What has begun a moment
# ago may not be listed yet: it begins after the clock was read.
_OLDEST = """
SELECT least(statement_timestamp(), min(xact_start))
  FROM pg_stat_activity
 WHERE datname = current_database() AND pid <> pg_backend_pid()
   AND backend_type = 'client backend' AND xact_start IS NOT NULL
   AND application_name <> %s
"""
_SMALLEST = timedelta(microseconds=1)


def pin_moment() -> datetime:
    """The newest moment of which all is recorded: before the oldest transaction still open.

    An export or a backup that takes long keeps it back as long as it lasts.
    """
    with on_primary(), connection.cursor() as cursor:
        # Within a transaction the list would be that of its first look.
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(_OLDEST, [HOLDER])
        oldest: datetime = cursor.fetchone()[0]
    return oldest - _SMALLEST
