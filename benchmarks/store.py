"""The store path alone against a bare COPY of the same rows with two indexes."""

from __future__ import annotations

import random
import statistics
import time
from datetime import UTC, datetime, timedelta

from benchmarks.table import rate, show

RUNS = 100
CASES = 1000
ROUNDS = 3


def run() -> None:
    """Store RUNS runs of CASES results, in turn with a COPY of as many bare rows."""
    from ingest.models import Connection, Project

    connection = Connection.objects.create(
        name="bench", vendor="testmo", base_url="http://127.0.0.1:1"
    )
    rows, ratios = [], []
    made = batches()
    for number in range(ROUNDS):
        project = Project.objects.create(
            connection=connection, external_id=str(number), name=f"bench {number}"
        )
        ours, bare = store_all(project, made), _bare_copy(number)
        ratios.append(bare / ours)
        count = RUNS * CASES
        rows.append(
            (
                f"round {number + 1}",
                rate(count, ours),
                rate(count, bare),
                f"{ratios[-1]:.2f}",
            )
        )
    rows.append(("median", "", "", f"{statistics.median(ratios):.2f}"))
    show(
        f"Store path, {RUNS} runs of {CASES:,} results (results/s; one commit a run)",
        ("", "Passline", "bare COPY", "share of COPY"),
        rows,
    )
    show_size()


def batches() -> list[object]:
    """RUNS runs of CASES results, a day apart."""
    from ingest.contract import ResultRecord, RunRecord, RunStatus, Status
    from ingest.upsert import Batch

    dice = random.Random(20261122)
    now = datetime.now(tz=UTC).replace(microsecond=0)
    words = [Status.PASSED] * 93 + [Status.FAILED] * 4 + [Status.SKIPPED] * 3
    made = []
    for number in range(RUNS):
        start = now - timedelta(days=RUNS - number)
        results = [
            ResultRecord(
                key=f"backend:case-{case}",
                name=f"Case number {case}",
                folder=f"Folder {case % 25}",
                status=(status := dice.choice(words)),
                raw_status=status.value,
                executed_at=start + timedelta(seconds=case),
                duration_ms=dice.randrange(10, 9000),
                message="x" * 200 if status is Status.FAILED else "",
            )
            for case in range(CASES)
        ]
        record = RunRecord(
            external_id=str(number),
            name=f"Nightly {number}",
            status=RunStatus.PASSED,
            started_at=start,
            finished_at=start + timedelta(hours=1),
        )
        made.append(Batch(record=record, results=results))
    return list(made)


def store_all(project: object, batches: list[object]) -> float:
    """Store them, each in its transaction; gives the seconds."""
    from django.db import transaction

    from ingest.upsert import ProjectStore

    store = ProjectStore(project)  # type: ignore[arg-type]
    start = time.perf_counter()
    for batch in batches:
        with transaction.atomic():
            store.store(batch)  # type: ignore[arg-type]
    store.cases.flush_times()
    return time.perf_counter() - start


def _bare_copy(number: int) -> float:
    """COPY the same number of narrow rows into a plain table with two indexes."""
    from django.db import connection, transaction

    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TABLE bare_{number} (run_id bigint, case_id bigint, "
            "at timestamptz, duration_ms bigint, status smallint, message text);"
            f"CREATE INDEX ON bare_{number} (run_id);"
            f"CREATE INDEX ON bare_{number} (case_id, at)"
        )
    moment = datetime.now(tz=UTC)
    blocks = [
        [
            (
                run,
                case,
                moment + timedelta(seconds=case),
                case * 7,
                1,
                "x" * 200 if case % 25 == 0 else "",
            )
            for case in range(CASES)
        ]
        for run in range(RUNS)
    ]
    start = time.perf_counter()
    for block in blocks:
        with (
            transaction.atomic(),
            connection.cursor() as cursor,
            cursor.copy(f"COPY bare_{number} FROM STDIN") as copy,
        ):
            for row in block:
                copy.write_row(row)
    return time.perf_counter() - start


def show_size() -> None:
    """Print the bytes that a result takes, of heap and indexes."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
        cursor.execute(
            """
            SELECT split_part(relname, '_y', 1), sum(pg_table_size(c.oid)),
                   sum(pg_indexes_size(c.oid)), sum(reltuples)::bigint
              FROM pg_inherits JOIN pg_class c ON c.oid = inhrelid
             WHERE relname LIKE 'ingest\\_result%%' AND c.relkind = 'r'
             GROUP BY 1 ORDER BY 1
            """
        )
        found = cursor.fetchall()
        cursor.execute("SELECT count(*) FROM ingest_result")
        (count,) = cursor.fetchone()
    show(
        f"Bytes a result, of {count:,}",
        ("table", "heap", "indexes", "together"),
        [
            (
                name,
                f"{heap / count:.0f}",
                f"{index / count:.0f}",
                f"{(heap + index) / count:.0f}",
            )
            for name, heap, index, _ in found
        ],
    )
