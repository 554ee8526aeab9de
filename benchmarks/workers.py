"""The store path in one process and in two at once, each with a project of its own.

`python -m benchmarks.workers`
"""

from __future__ import annotations

import multiprocessing
import statistics
import time
from multiprocessing.synchronize import Barrier

from benchmarks.ground import fresh_database
from benchmarks.table import rate, show

ROUNDS = 3


def main() -> None:
    with fresh_database():
        rows, ratios = [], []
        for number in range(ROUNDS):
            alone, together = _per_second(1, number), _per_second(2, number)
            ratios.append(together / alone)
            rows.append(
                (number + 1, rate(alone, 1), rate(together, 1), f"{ratios[-1]:.2f}")
            )
        rows.append(("median", "", "", f"{statistics.median(ratios):.2f}"))
        show(
            "Store path, results/s of runs of 1,000",
            ("round", "one process", "two", "times"),
            rows,
        )


def _per_second(count: int, number: int) -> float:
    from django.db import connections

    from benchmarks.store import CASES, RUNS

    # A connection is of one process alone.
    connections.close_all()
    forked = multiprocessing.get_context("fork")
    start = forked.Barrier(count + 1)
    processes = [
        forked.Process(target=_store, args=(f"{count} {number} {worker}", start))
        for worker in range(count)
    ]
    for process in processes:
        process.start()
    start.wait()
    begun = time.perf_counter()
    for process in processes:
        process.join()
        if process.exitcode:
            raise SystemExit("one of them failed")
    return count * RUNS * CASES / (time.perf_counter() - begun)


def _store(name: str, start: Barrier) -> None:
    from benchmarks import store
    from ingest.models import Connection, Project

    connection, _ = Connection.objects.get_or_create(
        name="workers", defaults={"vendor": "testmo", "base_url": "http://127.0.0.1:1"}
    )
    project = Project.objects.create(
        connection=connection, external_id=name, name=f"bench {name}"
    )
    batches = store.batches()
    start.wait()
    store.store_all(project, batches)


if __name__ == "__main__":
    main()
