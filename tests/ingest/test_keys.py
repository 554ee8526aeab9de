"""The largest tables can be spread: docs/scaling.md says what else it takes."""

from __future__ import annotations

import pytest
from django.db import connection

from ingest.partitions import TABLES

pytestmark = pytest.mark.django_db
_UNIQUE = """
SELECT i.indrelid::regclass::text, bool_or(a.attname = 'run_id') AS has_run
  FROM pg_index i
  JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
 WHERE i.indisunique AND i.indrelid = ANY (%s::regclass[])
 GROUP BY i.indexrelid, i.indrelid
"""
_FOREIGN = """
SELECT count(*) FROM pg_constraint
 WHERE contype = 'f' AND (conrelid = ANY (%(tables)s::regclass[])
    OR confrelid = ANY (%(tables)s::regclass[]))
"""


def test_results_are_unique_within_a_run_and_nothing_refers_to_them():
    with connection.cursor() as cursor:
        cursor.execute(_UNIQUE, [list(TABLES)])
        assert dict(cursor.fetchall()) == dict.fromkeys(TABLES, True)
        cursor.execute(_FOREIGN, {"tables": list(TABLES)})
        assert cursor.fetchone() == (0,)
