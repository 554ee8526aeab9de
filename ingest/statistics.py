"""What the database knows of the tables' contents, by which it plans its queries."""

from __future__ import annotations

from django.apps import apps
from django.db import connection

# So many new results alone are worth a look at all tables.
FEWEST = 1_000
# The same share after which the database itself looks, a minute late.
SHARE = 0.1

_KNOWN = """
SELECT coalesce(sum(greatest(month.reltuples, 0)), 0)
  FROM pg_inherits JOIN pg_class month ON month.oid = inhrelid
 WHERE inhparent = 'public.ingest_result'::regclass
"""


def refresh_statistics(results_written: int) -> bool:
    """ANALYZE if so many results are new that old statistics mislead; whether it was.

    Until autovacuum has passed by after a first import the planner takes the tables for
    empty and joins thousands of rows with thousands in nested loops. Autovacuum also
    never looks at a partitioned table as a whole.
    https://www.postgresql.org/docs/current/routine-vacuuming.html#VACUUM-FOR-STATISTICS
    """
    if results_written < FEWEST:
        return False
    with connection.cursor() as cursor:
        cursor.execute(_KNOWN)
        (known,) = cursor.fetchone() or (0,)
        if results_written < known * SHARE:
            return False
        models = apps.get_app_config("ingest").get_models()
        tables = ", ".join(f'"{model._meta.db_table}"' for model in models)
        cursor.execute(f"ANALYZE {tables}")
    summarize_times()
    return True


def summarize_times() -> None:
    """Tell the index of times of the rows that are new: until then every query for a
    time looks at all of these.

    Not by the index's own autosummarize: while many rows come in it fills the
    database's log with what it did not get round to.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT brin_summarize_new_values(inhrelid) FROM pg_inherits "
            "WHERE inhparent = 'public.ingest_result_at'::regclass"
        )
