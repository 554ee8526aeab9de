"""Messages that bear no signature of the present masking yet: found, signed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from functools import cache
from typing import Any

from django.db import connection, transaction

from ingest import masking
from ingest.contract import NOT_PASSED
from ingest.models import STATUS_CODES
from ingest.partitions import existing_months, next_month

# Each batch is a transaction of its own, so that a sync never waits for many.
BATCH = 2000
# Of messages in memory at once: each may be megabytes.
LETTERS = 2**23
# Of one look: what is left is done by the next.
BATCHES_AT_MOST = 100

# A row that a sync is writing is skipped: it gets its signature from that.
_UNSIGNED = """
SELECT t.project_id, t.partition_on, t.run_id, t.ordinal, length(t.message)
  FROM ingest_result_{month} r
  JOIN ingest_resulttext_{month} t USING (project_id, partition_on, run_id, ordinal)
 WHERE r.status = ANY(%s) AND t.message <> '' AND t.masking IS DISTINCT FROM %s
 LIMIT %s FOR UPDATE OF t SKIP LOCKED
"""
_MESSAGES = """
SELECT t.project_id, t.partition_on, t.run_id, t.ordinal, t.message
  FROM unnest(%s::int[], %s::date[], %s::bigint[], %s::int[])
       AS k(project_id, partition_on, run_id, ordinal)
  JOIN ingest_resulttext_{month} t USING (project_id, partition_on, run_id, ordinal)
"""
# Of the table and not of the month's, whose changes nobody counts.
_SIGN = """
UPDATE ingest_resulttext t SET signature = v.signature, masking = %s
  FROM unnest(%s::int[], %s::date[], %s::bigint[], %s::int[], %s::uuid[])
       AS v(project_id, partition_on, run_id, ordinal, signature)
 WHERE t.project_id = v.project_id AND t.partition_on = v.partition_on
   AND t.run_id = v.run_id AND t.ordinal = v.ordinal
   AND t.partition_on >= %s AND t.partition_on < %s
"""


def sign_messages(batches: int = BATCHES_AT_MOST) -> int:
    """Sign what was stored before the present masking; gives the number of rows.

    Newest months first, at most `batches` of BATCH rows. Results that passed are left
    out, as they are when rows are stored.
    """
    signed = 0
    for month in sorted(existing_months(), reverse=True):
        done = BATCH
        while batches > 0 and done == BATCH:
            done = _sign_batch(month)
            signed += done
            # A month without any is no batch: many of them would hide the older ones.
            batches -= bool(done)
    return signed


def _sign_batch(month: date) -> int:
    name = f"{month:y%Ym%m}"
    codes = [STATUS_CODES[status] for status in NOT_PASSED]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_UNSIGNED.format(month=name), [codes, masking.VERSION, BATCH])
        rows = cursor.fetchall()
        for part in _parts(rows):
            keys = [list(column) for column in zip(*part, strict=True)]
            cursor.execute(_MESSAGES.format(month=name), keys)
            # In one run many say the same.
            signature = cache(masking.signature)
            signed = [(*row[:4], signature(row[4])) for row in cursor.fetchall()]
            columns = [list(column) for column in zip(*signed, strict=True)]
            values: list[Any] = [masking.VERSION, *columns, month, next_month(month)]
            cursor.execute(_SIGN, values)
    return len(rows)


def _parts(rows: Iterable[tuple[Any, ...]]) -> Iterator[list[tuple[Any, ...]]]:
    """The keys of the rows, in parts of LETTERS or of one that is longer."""
    part: list[tuple[Any, ...]] = []
    letters = 0
    for *key, length in rows:
        if part and letters + length > LETTERS:
            yield part
            part, letters = [], 0
        part.append(tuple(key))
        letters += length
    if part:
        yield part
