"""Fifty people, ten builds and two syncing processes on one machine, for some minutes.

    python -m benchmarks.load FOLDER [--minutes 5] [--people 50] [--builds 10]

FOLDER keeps the database for the next time; one that another benchmark filled may be
given. Five simulated vendors with a year of history are connected and read first. Web
processes, worker, database, vendors and clients share the machine. Aims: no error, 95 of
100 pages within 300 ms, and no process that grows: 250 MB for each of the web server, 350
MB for each of the worker.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from benchmarks.ground import database_in
from benchmarks.intake.server import free_port, wait_until_it_answers
from benchmarks.load import builds, people, syncs
from benchmarks.load.memory import Held, held
from benchmarks.table import show

SEED = 2026
FIRST_SYNC_LIMIT_S = 1800
NAMES = ("begin", "middle", "end")


@dataclass(frozen=True, slots=True)
class Load:
    """What is to be borne."""

    port: int
    parent: int
    seconds: float
    people: int
    tokens: Sequence[str]
    project: int
    connections: Sequence[int]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder")
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--people", type=int, default=50)
    parser.add_argument("--builds", type=int, default=10)
    asked = parser.parse_args()
    os.environ |= {"PUBLIC_READ": "on", "WEB_CONCURRENCY": str(os.cpu_count() or 1)}
    with database_in(asked.folder), _vendors() as connections, _served() as (port, pid):
        _wait_for_first_syncs(connections)
        tokens, project = _access(asked.builds)
        seconds = asked.minutes * 60
        load = Load(port, pid, seconds, asked.people, tokens, project, connections)
        _bear(load)


@contextmanager
def _vendors() -> Iterator[list[int]]:
    from benchmarks.sync import connected, connections_of, started_simulators

    simulators = started_simulators()
    try:
        yield [connected(told).pk for told in connections_of(simulators)]
    finally:
        simulators.terminate()
        simulators.wait()


@contextmanager
def _served() -> Iterator[tuple[int, int]]:
    """All of Passline as `serve` starts it; its port, and the process that has them all."""
    port = free_port()
    words = ["manage.py", "serve", "--port", str(port)]
    site = subprocess.Popen([sys.executable, *words], stdout=subprocess.DEVNULL)
    try:
        wait_until_it_answers(site, f"http://127.0.0.1:{port}/healthz")
        yield port, site.pid
    finally:
        site.terminate()
        site.wait()


def _wait_for_first_syncs(connections: Sequence[int]) -> None:
    from ingest.models import Connection

    unread = Connection.objects.filter(pk__in=connections, last_success_at=None)
    deadline = time.monotonic() + FIRST_SYNC_LIMIT_S
    while unread.exists():
        if time.monotonic() > deadline:
            raise RuntimeError("The first syncs did not end.")
        time.sleep(2)


def _access(builds_: int) -> tuple[list[str], int]:
    from django.contrib.auth import get_user_model

    from dashboard.models import ApiToken, Scope, set_role
    from dashboard.readers import Role
    from ingest.intake.projects import create_project
    from ingest.models import Project

    user, _ = get_user_model().objects.get_or_create(username="bench")
    set_role(user, Role.EDITOR)
    name = "Pushed under load"
    project = Project.objects.filter(name=name).first() or create_project(name)
    issued = [ApiToken.issue(user.pk, scopes=[Scope.INTAKE]) for _ in range(builds_)]
    return [text for _, text in issued], project.pk


def _bear(load: Load) -> None:
    # In processes of their own, so that clients do not wait for each other.
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        reading = pool.apply_async(
            people.read, (load.port, load.people, load.seconds, SEED)
        )
        pushing = pool.apply_async(
            builds.push, (load.port, load.tokens, load.project, load.seconds, SEED)
        )
        over, synced = threading.Event(), list[syncs.Synced]()
        syncing = threading.Thread(target=_sync, args=[load, over, synced])
        syncing.start()
        memory = _sampled(load)
        seen, pushed = reading.get(), pushing.get()
        over.set()
        syncing.join()
    _show_pages(load, seen)
    _show_work(pushed, synced[0])
    _show_memory(memory)


def _sync(load: Load, over: threading.Event, synced: list[syncs.Synced]) -> None:
    from django.db import connections

    synced.append(syncs.keep_syncing(load.connections, over))
    connections.close_all()


def _sampled(load: Load) -> list[dict[int, Held]]:
    """At the begin, once each process has done something, in the middle and at the end."""
    early = min(30.0, load.seconds / 4)
    samples = []
    for pause in (early, load.seconds / 2 - early, load.seconds / 2 - 2):
        time.sleep(max(0.0, pause))
        samples.append(held(load.parent))
    return samples


def _show_pages(load: Load, seen: people.Seen) -> None:
    rows = [_row(page, took) for page, took in sorted(seen.took_s.items())]
    rows.append(_row("all", [s for took in seen.took_s.values() for s in took]))
    show(
        f"Pages of {load.people} people in {load.seconds:.0f} s (ms)",
        ("page", "requests", "p50", "p95", "p99", "most"),
        rows,
    )
    _show_errors("pages", seen.errors)


def _row(name: str, took_s: list[float]) -> tuple[str, ...]:
    ms = [1000 * s for s in took_s]
    cuts = statistics.quantiles(ms, n=100) if len(ms) > 1 else ms * 99
    figures = (cuts[49], cuts[94], cuts[98], max(ms))
    return (name, f"{len(ms):,}", *(f"{figure:.0f}" for figure in figures))


def _show_work(pushed: builds.Pushed, synced: syncs.Synced) -> None:
    from ingest.models import Run

    rows = Run.objects.filter(pk__in=pushed.runs)
    whole = sum(
        pushed.runs[run.pk] == run.passed + run.failed and not run.is_open
        for run in rows
    )
    row = _row("reports", pushed.took_s)
    show(
        "What builds pushed (ms)",
        ("", "sent", "p50", "p95", "p99", "most", "taken", "stored whole", "results"),
        [(*row, len(pushed.runs), whole, f"{sum(pushed.runs.values()):,}")],
    )
    _show_errors("reports", pushed.errors)
    told = " ".join(f"{status}:{n}" for status, n in sorted(synced.ended.items()))
    show("Syncs", ("ended", "results read"), [(told, f"{synced.results_read:,}")])
    _show_errors("syncs", synced.errors)


def _show_errors(what: str, errors: Sequence[Any]) -> None:
    print(f"\n  errors of {what}: {len(errors)}")
    for error in sorted(set(map(str, errors)))[:10]:
        print(f"    {error}")


def _show_memory(samples: Sequence[dict[int, Held]]) -> None:
    last = samples[-1]
    rows = []
    for pid, at_last in sorted(last.items(), key=lambda one: one[1].name):
        series = [sample.get(pid) for sample in samples]
        shown = [f"{one.rss:.0f} / {one.pss:.0f}" if one else "-" for one in series]
        first = next(one for one in series if one)
        rows.append(
            (f"{at_last.name} {pid}", *shown, f"{at_last.cpu_s - first.cpu_s:.0f}")
        )
    title = "Memory of each process, MB (RSS / PSS), and its CPU from begin to end"
    show(title, ("process", *NAMES, "CPU s"), rows)


if __name__ == "__main__":
    main()
