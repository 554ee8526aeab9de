"""Testmo's route and files over HTTP, and the path alone against its minimum.

    python -m benchmarks.intake [SECONDS]

One web process with the settings that people get, its database and the clients share the
machine. SECONDS (10) is how long each number of clients pushes. CPU and memory stand
beside the speed, because they depend less on what else the machine does.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from benchmarks.ground import fresh_database
from benchmarks.intake.clients import Pusher, appends
from benchmarks.intake.made_up import APPEND, append_body, ctrf, junit
from benchmarks.intake.minimum import Minimum
from benchmarks.intake.server import Server, served
from benchmarks.table import rate, show

if TYPE_CHECKING:
    from ingest.models import Project

SECONDS, CLIENTS = 10.0, (1, 4)
FILE, FILES = 24_000, 3
ROUNDS, APPENDS_A_ROUND = 5, 60


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS
    with fresh_database():
        _path_alone()
        token = _token()
        with served() as server:
            _route(server, token, seconds)
            _files(server, token)


def _token() -> str:
    from django.contrib.auth import get_user_model

    from dashboard.models import ApiToken, Scope

    user = get_user_model().objects.create_superuser("bench")
    return ApiToken.issue(user.pk, scopes=[Scope.INTAKE])[1]


def _route(server: Server, token: str, seconds: float) -> None:
    rows = []
    for clients in CLIENTS:
        project = _project(f"route {clients}").pk
        # The first time makes the cases.
        appends(server.port, token, project, clients, seconds / 2)
        before, begun = server.cpu_s(), time.perf_counter()
        took = sorted(appends(server.port, token, project, clients, seconds))
        spent = time.perf_counter() - begun
        cpu = [
            f"{(after - then) * 1000 / len(took):.1f}"
            for after, then in zip(server.cpu_s(), before, strict=True)
        ]
        quantiles = statistics.quantiles(took, n=20)
        times = [f"{quantiles[n] * 1000:.0f}" for n in (9, 18)]
        rows.append((clients, rate(len(took) * APPEND, spent), *times, *cpu))
    show(
        f"Testmo's route, appends of {APPEND} tests",
        ("clients", "results/s", "p50 ms", "p95 ms", "CPU ms: web", "database"),
        rows,
    )
    _show_memory(server, "after the appends")


def _show_memory(server: Server, when: str) -> None:
    print(f"  The web process had {server.most_memory_mb():.0f} MB at most, {when}.")


def _files(server: Server, token: str) -> None:
    rows = []
    for name, made, kind in (
        ("junit", junit, "application/xml"),
        ("ctrf", ctrf, "application/json"),
    ):
        project = _project(f"files of {name}").pk
        path = f"/api/v1/intake/{name}/?project={project}"
        pusher, took = Pusher(server.port, token), []
        for number in range(1 + FILES):
            content = made(number, FILE)
            begun = time.perf_counter()
            pusher.post(path, content, kind)
            took.append(time.perf_counter() - begun)
        known = statistics.median(took[1:])
        size = f"{len(content) / 1e6:.1f}"
        rows.append((name, size, rate(FILE, took[0]), rate(FILE, known)))
    show(
        f"Files of {FILE:,} tests (results/s)",
        ("format", "MB", "new tests", f"known ones, median of {FILES}"),
        rows,
    )
    _show_memory(server, "after the files")


def _path_alone() -> None:
    """In turn, so that both have the same machine."""
    minimum, project = Minimum(), _project("path")
    takers = {"Passline": _taker(project), "minimum": _minimum_taker(minimum)}
    bodies = [append_body(0, number) for number in range(APPENDS_A_ROUND)]
    rows, shares = [], []
    for number in range(1 + ROUNDS):
        took = {name: _timed(taker, bodies) for name, taker in takers.items()}
        share = took["minimum"] / took["Passline"]
        shares.append(share)
        speeds = [rate(APPEND * len(bodies), seconds) for seconds in took.values()]
        name = f"round {number}" if number else "new tests"
        rows.append((name, *speeds, f"{share:.2f}"))
    rows.append(("median", "", "", f"{statistics.median(shares[1:]):.2f}"))
    show(
        f"The path alone, appends of {APPEND} tests (results/s; JSON in, no HTTP)",
        ("", "Passline", "minimum", "share of it"),
        rows,
    )


def _timed(taker: Callable[[], Callable[[bytes], None]], bodies: list[bytes]) -> float:
    """Into a new run, opened before the clock starts."""
    take = taker()
    begun = time.perf_counter()
    for body in bodies:
        take(body)
    return time.perf_counter() - begun


def _taker(project: Project) -> Callable[[], Callable[[bytes], None]]:
    from ingest.intake import runs
    from ingest.intake.testmo import bodies
    from ingest.intake.testmo.runs import open_in

    def opened() -> Callable[[bytes], None]:
        run = open_in(project, bodies.new_run({"name": "bench", "source": "frontend"}))
        thread = runs.open_thread(run.pk)

        def take(body: bytes) -> None:
            part = bodies.thread_part(json.loads(body), "frontend")
            runs.append_results(run.pk, part.results, thread_id=thread.pk)

        return take

    return opened


def _minimum_taker(minimum: Minimum) -> Callable[[], Callable[[bytes], None]]:
    def opened() -> Callable[[bytes], None]:
        run = minimum.open_run()
        return lambda body: minimum.take(run, body)

    return opened


def _project(name: str) -> Project:
    from ingest.intake.projects import create_project

    return create_project(name)


if __name__ == "__main__":
    main()
