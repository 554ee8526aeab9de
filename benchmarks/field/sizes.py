"""Bytes that a result takes in both, messages apart."""

from __future__ import annotations

from pathlib import Path

from benchmarks.field.squad import Squad

_THEIRS = """
SELECT pg_database_size(current_database()),
       pg_total_relation_size('core_test'),
       pg_indexes_size('core_test'),
       (SELECT coalesce(sum(pg_column_size(log)), 0) FROM core_test),
       (SELECT count(*) FROM core_test)
"""
_OURS = """
SELECT pg_database_size(current_database()), of_results, of_indexes, of_texts,
       (SELECT count(*) FROM ingest_result)
  FROM (SELECT coalesce(sum(pg_total_relation_size(c.oid))
                        FILTER (WHERE relname LIKE 'ingest\\_result\\_y%%'), 0),
               coalesce(sum(pg_indexes_size(c.oid))
                        FILTER (WHERE relname LIKE 'ingest\\_result\\_y%%'), 0),
               coalesce(sum(pg_total_relation_size(c.oid))
                        FILTER (WHERE relname LIKE 'ingest\\_resulttext\\_y%%'), 0)
          FROM pg_inherits JOIN pg_class c ON c.oid = inhrelid AND c.relkind = 'r')
       AS sizes (of_results, of_indexes, of_texts)
"""
HEADS = ("", "database", "results", "of it indexes", "messages", "files")


def sizes(squad: Squad, ours: Path) -> list[tuple[str, ...]]:
    """Rows for HEADS. A result of SQUAD is a test's last attempt, ours any attempt."""
    from django.db import connection

    squad.query("VACUUM ANALYZE")
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
        cursor.execute(_OURS)
        of_ours = cursor.fetchone()
    database, tests, indexes, logs, count = squad.query(_THEIRS)[0]
    # SQUAD keeps messages in the same rows.
    of_theirs = (database - logs, tests - logs, indexes, logs, count)
    database, results, indexes, texts, count = of_ours
    of_ours = (database - texts, results, indexes, texts, count)
    return [
        _row("SQUAD", of_theirs, _bytes_in(squad.storage)),
        _row("Passline", of_ours, _bytes_in(ours / "columns")),
    ]


def _row(name: str, of: tuple[int, ...], files: int) -> tuple[str, ...]:
    *parts, count = of
    return (name, *(f"{int(part) / count:.0f}" for part in (*parts, files)))


def _bytes_in(folder: Path) -> int:
    return sum(one.stat().st_size for one in folder.rglob("*") if one.is_file())
