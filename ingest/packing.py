"""Indexes of months that are over, made as small as they can be."""

from __future__ import annotations

import logging
import re
from datetime import date, timedelta

from django.db import OperationalError, connection

from ingest.partitions import month_of, next_month

log = logging.getLogger(__name__)

# Of the runs of a month's last days something still comes in after it.
QUIET = timedelta(days=7)
# A key of two numbers takes 28 bytes; pages that were split while rows of many cases came
# in turns are two thirds full.
BYTES_A_RESULT = 30
# Below that nothing is gained.
FEWEST = 10_000
# What one that was stopped in the middle left; it never served anybody.
HALF_BUILT = re.compile(r"_cc(new|old)\d*$")

_INDEXES = """
SELECT of_month.relname, index.relname, stated.indisvalid,
       pg_relation_size(index.oid) > {bytes} * of_month.reltuples
  FROM pg_inherits
  JOIN pg_class of_month ON of_month.oid = inhrelid
  JOIN pg_index stated ON stated.indrelid = of_month.oid
  JOIN pg_class index ON index.oid = stated.indexrelid
  JOIN pg_am ON pg_am.oid = index.relam
 WHERE inhparent = 'public.ingest_result'::regclass
   AND amname = 'btree' AND indpred IS NULL AND of_month.reltuples >= {fewest}
 ORDER BY 1, 2
"""


def pack_indexes(today: date) -> list[str]:
    """Rebuild the loose indexes of months that are over, while these are read and written;
    gives their names. Not to be called within a transaction.
    """
    packed = []
    with connection.cursor() as cursor:
        cursor.execute(_INDEXES.format(bytes=BYTES_A_RESULT, fewest=FEWEST))
        for table, index, is_valid, is_loose in cursor.fetchall():
            try:
                if not is_valid and HALF_BUILT.search(index):
                    cursor.execute(f"DROP INDEX IF EXISTS {index}")
                elif is_valid and is_loose and _is_over(table, today):
                    cursor.execute(f"ALTER INDEX {index} SET (fillfactor = 100)")
                    cursor.execute(f"REINDEX INDEX CONCURRENTLY {index}")
                    packed.append(index)
            except OperationalError as error:
                log.warning("%s is not packed for now: %s", index, error)
    return packed


def _is_over(table: str, today: date) -> bool:
    return next_month(month_of(table)) + QUIET <= today
