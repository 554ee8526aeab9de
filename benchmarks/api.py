"""The reading API under many clients, and the memory of a stream of a million rows.

    python -m benchmarks.api [FOLDER] [--seconds 60] [--clients 50] [--results 1000000]

FOLDER keeps the database for the next time; without one it is a passing one. As many web
processes as processors, their database and the clients share the machine.

The five calls are those that programs make again and again by themselves: a board or a
bot asks for the key figures and for the pass rate by day, a build asks which runs are
newest, what failed in its run, and which tests are flaky so that it need not stop for
them. Each client goes through them in turn, with a connection and tokens of its own.
"""

from __future__ import annotations

import argparse
import http.client
import multiprocessing
import os
import statistics
import threading
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from benchmarks.ground import database_in, fresh_database
from benchmarks.intake.server import Server, served
from benchmarks.table import show

# Of each client, one after the other: a token may ask 600 times in a minute.
TOKENS, CALLS_OF_TOKEN = 6, 500
STREAMS = (
    "results/?format=ndjson",
    "results/?format=csv",
    "exports/results.parquet",
)
PIECE = 1 << 16


@dataclass(slots=True)
class Seen:
    """What one call met: seconds of each answer, and how many of each status."""

    took_s: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=lambda: defaultdict(int))


@dataclass(frozen=True, slots=True)
class Plan:
    port: int
    paths: Sequence[str]
    tokens: Sequence[Sequence[str]]
    seconds: float
    # Whether a client sends the ETag that it knows, as a polling program does.
    remembers: bool


def main() -> None:
    asked = _arguments()
    os.environ.setdefault("WEB_CONCURRENCY", str(os.cpu_count() or 1))
    with database_in(asked.folder) if asked.folder else fresh_database():
        _fill(asked.results)
        tokens = _tokens(asked.clients)
        paths = _paths()
        for remembers in (False, True):
            with served() as server:
                plan = Plan(server.port, paths, tokens, asked.seconds, remembers)
                _measure(plan)
        # A process that has done nothing else.
        os.environ["WEB_CONCURRENCY"] = "1"
        rows = []
        for path in STREAMS:
            with served() as server:
                rows.append(_stream(server, path, tokens[0][0]))
        show(
            "A list sent whole: the most that the web process ever had in memory",
            ("stream", "lines", "MB sent", "s", "MB before", "MB at most"),
            rows,
        )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", default="")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--results", type=int, default=1_000_000)
    return parser.parse_args()


def _fill(results: int) -> None:
    from django.db import connection

    from benchmarks.million import load
    from dashboard.precomputed.precompute import precompute
    from ingest.models import Run

    if not Run.objects.exists():
        load(results)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    precompute()


def _tokens(clients: int) -> list[list[str]]:
    from django.contrib.auth import get_user_model

    from dashboard.models import ApiToken, Scope

    user, _ = get_user_model().objects.get_or_create(username="bench")
    return [
        [ApiToken.issue(user.pk, scopes=[Scope.READ])[1] for _ in range(TOKENS)]
        for _ in range(clients)
    ]


def _paths() -> list[str]:
    from ingest.models import Run

    newest = Run.objects.order_by("-at").values_list("pk", flat=True).first()
    return [
        "metrics/summary/",
        "metrics/pass-rate/?bucket=day&by=project",
        "runs/?limit=100",
        f"runs/{newest}/results/?status=failed",
        "metrics/flaky/?limit=100",
    ]


def _measure(plan: Plan) -> None:
    # In a process of its own, so that clients and benchmark do not wait for each other.
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        took_s, seen = pool.apply(_load, (plan,))
    rows = [_row(path, seen[path], took_s) for path in plan.paths]
    everything = Seen()
    for path in plan.paths:
        everything.took_s += seen[path].took_s
        for status, count in seen[path].statuses.items():
            everything.statuses[status] += count
    rows.append(_row("all of them", everything, took_s))
    kind = "with the ETag of the last answer" if plan.remembers else "without an ETag"
    show(
        f"{len(plan.tokens)} clients for {took_s:.0f} s, {kind}",
        ("call", "requests/s", "p50 ms", "p95 ms", "statuses", "errors"),
        rows,
    )


def _row(path: str, seen: Seen, took_s: float) -> tuple[str, ...]:
    cuts = statistics.quantiles([1000 * s for s in seen.took_s], n=20)
    errors = sum(n for status, n in seen.statuses.items() if status not in (200, 304))
    told = " ".join(f"{status}:{n}" for status, n in sorted(seen.statuses.items()))
    return (
        path,
        f"{len(seen.took_s) / took_s:.1f}",
        f"{cuts[9]:.0f}",
        f"{cuts[18]:.0f}",
        told,
        str(errors),
    )


def _load(plan: Plan) -> tuple[float, dict[str, Seen]]:
    """All clients at once, each in a thread, until the time is over."""
    seen = {path: Seen() for path in plan.paths}
    lock, begun = threading.Lock(), time.perf_counter()
    threads = [
        threading.Thread(
            target=_client, args=(plan, number, begun + plan.seconds, seen, lock)
        )
        for number in range(len(plan.tokens))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - begun, seen


def _client(
    plan: Plan, number: int, end: float, seen: dict[str, Seen], lock: threading.Lock
) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", plan.port, timeout=120)
    etags: dict[str, str] = {}
    asked = 0
    while time.perf_counter() < end:
        path = plan.paths[(number + asked) % len(plan.paths)]
        token = plan.tokens[number][asked // CALLS_OF_TOKEN % TOKENS]
        asked += 1
        headers = {"Authorization": f"Bearer {token}", "Accept-Encoding": "gzip"}
        if plan.remembers and (etag := etags.get(path + token)):
            headers["If-None-Match"] = etag
        begun = time.perf_counter()
        try:
            connection.request("GET", f"/api/v1/{path}", headers=headers)
            answer = connection.getresponse()
            answer.read()
            status = answer.status
            etags[path + token] = answer.headers.get("ETag", "")
        except (OSError, http.client.HTTPException):
            connection.close()
            status = 0
        with lock:
            seen[path].took_s.append(time.perf_counter() - begun)
            seen[path].statuses[status] += 1
    connection.close()


def _stream(server: Server, path: str, token: str) -> tuple[str, ...]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=600)
    headers = {"Authorization": f"Bearer {token}"}
    # What a first answer loads is no part of the stream.
    connection.request("GET", "/api/v1/results/?limit=1", headers=headers)
    connection.getresponse().read()
    before, begun = server.most_memory_mb(), time.perf_counter()
    connection.request("GET", f"/api/v1/{path}", headers=headers)
    answer = connection.getresponse()
    size = lines = 0
    tail = b""
    while piece := answer.read(PIECE):
        size += len(piece)
        lines += piece.count(b"\n")
        tail = piece
    took_s = time.perf_counter() - begun
    if "parquet" in path:
        assert tail.endswith(b"PAR1"), "the file is not whole"
    rows = "" if "parquet" in path else f"{lines:,}"
    most = server.most_memory_mb()
    return (
        path,
        rows,
        f"{size / 1e6:.0f}",
        f"{took_s:.0f}",
        f"{before:.0f}",
        f"{most:.0f}",
    )


if __name__ == "__main__":
    main()
