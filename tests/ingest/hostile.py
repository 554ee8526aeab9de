"""A Testmo whose every project attacks the memory of whoever syncs it, but the first."""

from __future__ import annotations

import gzip
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.ingest.wire import Server

HONEST = "honest"
# The number of a project is its place in here.
ATTACKS = [
    HONEST,
    "nested",
    "bomb",
    "widest",
    "endless rows",
    "long names",
    "broken rows",
    "many cases",
    "empty pages",
    "repeated rows",
    "endless milestones",
    "broken milestones",
    "many threads",
]
AT = "2026-03-01T12:00:00.000Z"
# So many other cases has each of two runs.
CASES = 35_000
WIDE = "🦉" + "x" * 2000


def page(rows: bytes, number: int, following: int | None) -> bytes:
    end = b"null" if following is None else b"%d" % following
    return b'{"page":%d,"next_page":%b,"result":%b}' % (number, end, rows)


def listed(rows: list[Any], number: int = 1, following: int | None = None) -> bytes:
    return page(json.dumps(rows, ensure_ascii=False).encode(), number, following)


def run(project: int, number: int, **more: Any) -> dict[str, Any]:
    told = {"id": project * 100 + number, "name": f"Run {number}", "status": 2}
    counts = {"untested_count": 0, "status1_count": 1, "threads": []}
    times = {"is_completed": True, "created_at": AT, "completed_at": AT}
    return {**told, **counts, **times, **more}


def tests(project: int, first: int, count: int, **more: Any) -> bytes:
    """Rows of a run, each of another case, made without building any of them."""
    row = {"automation_test_id": 0, "key": "K", "name": "Case", "status": 2, **more}
    text = json.dumps(row, ensure_ascii=False).encode()
    form = text.replace(b'": 0,', b'": %d,', 1).replace(b'"K"', b'"p%d-case-%d"', 1)
    numbers = range(first, first + count)
    return b"[" + b",".join([form % (n, project, n) for n in numbers]) + b"]"


def rows_of(attack: str, project: int, run_id: int, number: int) -> bytes:
    """A page of the rows of a run."""
    first = (number - 1) * 1000
    if attack == "widest" and number == 1:
        # Just within all limits of one answer; the next one is not.
        wide = [{"automation_test_id": n, f"k{n}": WIDE[:71]} for n in range(60_000)]
        return listed(wide, 1, 2)
    if attack in ("nested", "widest"):
        return page(b"[" + b"{}," * 2**22 * 5 + b"{}]", 1, None)
    if attack == "endless rows":
        return page(tests(project, first, 1000), number, number + 1)
    if attack == "long names":
        return page(tests(project, first, 900, name=WIDE), number, number + 1)
    if attack == "broken rows":
        broken = [[["x" * 200] * 4] * 4]
        return page(
            tests(project, first, 1000, status=[], x=broken), number, number + 1
        )
    if attack == "many cases":
        if first >= CASES:
            return listed([], number)
        many = tests(project, run_id * CASES + first, 1000, folder="Part / Group")
        return page(many, number, number + 1 if number < CASES // 1000 else None)
    if attack == "empty pages":
        return listed([], number, number + 1)
    if attack == "repeated rows":
        return page(tests(project, number % 2, 1), number, number + 1)
    return page(tests(project, 0, 3), 1, None)


def answer(path: str, number: int) -> bytes:
    """The body that belongs to a path below /api/v1."""
    if path == "/projects":
        return listed([{"id": n, "name": name} for n, name in enumerate(ATTACKS, 1)])
    if found := re.fullmatch(r"/automation/runs/(\d+)/tests", path):
        project, run_id = divmod(int(found[1]), 100)
        return rows_of(ATTACKS[project - 1], project, run_id, number)
    found = re.fullmatch(r"/projects/(\d+)/(automation/runs|milestones|runs)", path)
    assert found, path
    project, what = int(found[1]), found[2]
    attack = ATTACKS[project - 1]
    if what == "automation/runs":
        runs = 2 if attack == "many cases" else 1
        threads = (
            [] if attack != "many threads" else [run(project, n) for n in range(9999)]
        )
        return listed([run(project, n, threads=threads) for n in range(runs)])
    if what == "milestones" and attack.endswith("milestones"):
        is_broken = attack.startswith("broken")
        numbers = range(number * 100, number * 100 + 100)
        rows = [{"id": [n] if is_broken else n, "name": WIDE} for n in numbers]
        return listed(rows, number, number + 1)
    return listed([])


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        path = parts.path.removeprefix("/api/v1")
        number = int(parse_qs(parts.query).get("page", ["1"])[0])
        headers = {"Content-Type": "application/json"}
        if path == f"/automation/runs/{ATTACKS.index('bomb') + 1}00/tests":
            body, headers["Content-Encoding"] = bomb(), "gzip"
        else:
            body = answer(path, number)
        self.send_response(200)
        for name, value in (headers | {"Content-Length": str(len(body))}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@cache
def bomb() -> bytes:
    """128 MB of spaces, packed when they are first asked for."""
    return gzip.compress(b"[" + b" " * 2**27, 1)


@contextmanager
def hostile_testmo() -> Iterator[str]:
    """Serves it on loopback; gives the address."""
    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()
