"""A vendor's wire, faked over real HTTP on loopback, and the clock that waits on it."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol, TypeAlias
from urllib.parse import parse_qsl, urlsplit

import pytest

from ingest.http import answers, client, limits, paging
from tests.clock import now

Query: TypeAlias = tuple[tuple[str, str], ...]
# A status that no vendor sends, so that a request without a recording is neither
# retried nor taken for "does not exist".
NO_RECORDING = 418


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One recorded answer and the request that it belongs to.

    The request must agree in method, path and the whole query string (in any order);
    in its JSON body too where `request_body` is given. The answer is `body` as JSON,
    or `raw` as it is. Answers to the same request are given in turn, the last one
    again and again.
    """

    path: str
    body: Any = None
    query: Mapping[str, str] = field(default_factory=dict)
    method: str = "GET"
    request_body: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: bytes | None = None

    def but(self, **changes: Any) -> Answer:
        """The same request with another answer."""
        return replace(self, **changes)

    def fits(self, seen: Request) -> bool:
        wanted = tuple(sorted((k, str(v)) for k, v in self.query.items()))
        return (self.method, self.path, wanted) == (
            seen.method,
            seen.path,
            seen.query,
        ) and self.request_body in (None, seen.body)

    @property
    def request(self) -> tuple[str, str, str, str]:
        asked = json.dumps(sorted(self.query.items()), default=str)
        return self.method, self.path, asked, json.dumps(self.request_body)

    @property
    def content(self) -> bytes:
        return json.dumps(self.body).encode() if self.raw is None else self.raw


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request as it came in; `body` is its JSON, or None."""

    method: str
    path: str
    query: Query
    headers: Mapping[str, str]
    body: Any


class Wire:
    """The server's memory: what it may answer, what it was asked."""

    def __init__(self) -> None:
        self.url = ""
        self.requests: list[Request] = []
        self.unexpected: list[Request] = []
        self._answers: list[Answer] = []
        self._optional: set[int] = set()
        self._used: set[int] = set()
        self._lock = threading.Lock()

    def serve(self, *answers: Answer, must_be_used: bool = True) -> None:
        """Add recordings; each must be asked for unless `must_be_used` is false."""
        with self._lock:
            for answer in answers:
                if not must_be_used:
                    self._optional.add(len(self._answers))
                self._answers.append(answer)

    def forget(self) -> None:
        """Start anew within one test: no recordings, no requests."""
        with self._lock:
            self.requests.clear()
            self.unexpected.clear()
            self._answers.clear()
            self._optional.clear()
            self._used.clear()

    def answer(self, seen: Request) -> Answer:
        with self._lock:
            self.requests.append(seen)
            fitting = [n for n, a in enumerate(self._answers) if a.fits(seen)]
            for number in fitting:
                if number not in self._used:
                    self._used.add(number)
                    return self._answers[number]
            if fitting:
                return self._answers[fitting[-1]]
            self.unexpected.append(seen)
        return Answer(path=seen.path, status=NO_RECORDING, body={"no": "recording"})

    def unused(self) -> list[Answer]:
        return [
            answer
            for number, answer in enumerate(self._answers)
            if number not in self._used | self._optional
        ]

    def paths(self) -> list[str]:
        """The paths asked for, in order."""
        return [request.path for request in self.requests]


class Vendor(Protocol):
    """Whoever answers what comes in over the wire."""

    def answer(self, seen: Request) -> Answer: ...


def _handler(wire: Vendor) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1

        def _respond(self) -> None:
            answer = wire.answer(self._request())
            content = b"" if answer.status == 204 else answer.content
            self.send_response(answer.status)
            for name, value in self._headers(answer, content).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def _headers(self, answer: Answer, content: bytes) -> dict[str, str]:
            kind = {"Content-Type": "application/json"}
            return kind | {"Content-Length": str(len(content))} | {**answer.headers}

        def _request(self) -> Request:
            parts = urlsplit(self.path)
            size = int(self.headers.get("Content-Length") or 0)
            return Request(
                method=self.command,
                path=parts.path,
                query=tuple(sorted(parse_qsl(parts.query, keep_blank_values=True))),
                headers=dict(self.headers),
                body=_parsed(self.rfile.read(size)),
            )

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _respond

        def log_message(self, format: str, *args: Any) -> None:
            """Silent: the wire itself remembers every request."""

    return Handler


def _parsed(content: bytes) -> Any:
    try:
        return json.loads(content) if content else None
    except ValueError:
        return dict(parse_qsl(content.decode()))


class Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up early is no fault of the test's."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


@contextmanager
def listening(vendor: Vendor) -> Iterator[str]:
    """Serve the vendor on loopback; gives its base address."""
    server = Server(("127.0.0.1", 0), _handler(vendor))
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def wire() -> Iterator[Wire]:
    """A vendor on loopback; unused recordings and unrecorded requests fail."""
    wire = Wire()
    with listening(wire) as wire.url:
        yield wire
    assert not wire.unexpected, f"requests without a recording: {wire.unexpected}"
    assert not wire.unused(), f"recordings not used: {wire.unused()}"


class Clock:
    """A clock that sleeps at once: `naps` holds the seconds it was told to."""

    def __init__(self) -> None:
        self.naps: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.naps.append(seconds)

    def time(self) -> float:
        return now().timestamp() + sum(self.naps)

    def monotonic(self) -> float:
        return time.monotonic() + sum(self.naps)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of the HTTP client, faked: waits are noted, not waited."""
    clock = Clock()
    for module in (answers, client, limits, paging):
        monkeypatch.setattr(module, "time", clock)
    return clock
