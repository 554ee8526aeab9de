"""How plans of queries are written down."""

from __future__ import annotations

import pytest
from django.db import connection

from benchmarks.plans.document import readable
from benchmarks.plans.plan import lines_of
from benchmarks.plans.statements import Explained, Watched, watching
from tests import factories


def scan(month, rows, *, loops=1):
    return {
        "Node Type": "Index Scan",
        "Relation Name": f"ingest_result_{month}",
        "Index Name": f"ingest_result_{month}_case_id_idx",
        "Index Cond": "(case_id = 1)",
        "Actual Rows": rows,
        "Actual Loops": loops,
        "Actual Total Time": 0.5,
    }


def test_months_are_summed_up_in_one_line_and_those_left_out_are_not_told():
    plan = {
        "Node Type": "Append",
        "Actual Rows": 7,
        "Actual Loops": 1,
        "Actual Total Time": 2.0,
        "Shared Hit Blocks": 5,
        "Shared Read Blocks": 1,
        "Plans": [
            scan("y2026m10", 3),
            scan("y2026m11", 2, loops=2),
            scan("y2026m12", 0, loops=0),
        ],
    }
    assert lines_of({"Plan": plan, "Planning Time": 0.1, "Execution Time": 2.1}) == [
        "Append: 7 rows, 2.0 ms",
        "  Index Scan by ingest_result_case_id_idx of ingest_result in 2 months: "
        "7 rows, 1.5 ms, 3 times",
        "      Index Cond: (case_id = 1)",
        "planning 0.1 ms, execution 2.1 ms, 6 pages of 8 kB, 1 of them not in shared buffers",
    ]


@pytest.mark.parametrize(
    ("sql", "shown"),
    [
        (
            'SELECT "t"."a", "t"."b", "t"."c", "t"."d", "t"."e" FROM "t" '
            'WHERE "t"."a" IN (%s, %s)',
            "SELECT t.a, t.b, t.c, … FROM t WHERE t.a IN (%s, …)",
        ),
        (
            'SELECT a, SUM("t"."b") AS b, SUM("t"."c") AS c, SUM("t"."d") AS d FROM "t"',
            "SELECT a, SUM(t.b) AS b, … FROM t",
        ),
        ("SELECT a -- why\n FROM t", "SELECT a FROM t"),
    ],
)
def test_of_a_statement_what_tells_something_is_shown(sql, shown):
    assert " ".join(" ".join(readable(sql)).split()) == shown


@pytest.mark.django_db
def test_the_slowest_call_is_explained_with_its_own_values():
    factories.make_project(factories.make_connection("Testmo"))
    watched = Watched()

    def page():
        with connection.cursor() as cursor:
            for seconds in (0, 0.05, 0):
                cursor.execute("SELECT pg_sleep(%s), id FROM ingest_project", [seconds])
            cursor.execute("SELECT 1")

    with watching(watched):
        for _ in range(2):
            watched.begin("/")
            page()
    (heaviest,) = watched.heaviest(1)
    assert (len(heaviest.calls), heaviest.slowest.number) == (3, 1)
    assert watched.count == 4

    explained = Explained(heaviest)
    with watching(explained):
        page()
    assert explained.plan["Plan"]["Actual Total Time"] >= 50
