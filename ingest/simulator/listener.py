"""HTTP/1.1 with keep-alive on loopback around one simulator, and its control path."""

from __future__ import annotations

import json
import socket
import socketserver
import struct
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from ingest.simulator.faults import Fault, disturbed
from ingest.simulator.server import Request, Response, Simulator, logged

CONTROL_PATH = "/_control"
WEB_PAGE = b"<!doctype html><title>Sign in</title><h1>Please sign in</h1>"
NO_LINGER = struct.pack("ii", 1, 0)


class Listener(ThreadingHTTPServer):
    """A listening simulator; `control` opens the control path."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(
        self, simulator: Simulator, port: int = 0, *, control: bool = False
    ) -> None:
        self.simulator, self.control = simulator, control
        self.stopping = threading.Event()
        self._open: set[socket.socket] = set()
        self._open_lock = threading.Lock()
        super().__init__(("127.0.0.1", port), _Exchange)

    def server_bind(self) -> None:
        # Not HTTPServer's: it asks the name service who 127.0.0.1 is, which may hang.
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = "127.0.0.1", self.server_address[1]

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def start(self) -> threading.Thread:
        thread = threading.Thread(
            target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )
        thread.start()
        return thread

    def stop(self) -> None:
        """Stop listening and close every kept-alive connection."""
        self.stopping.set()
        self.shutdown()
        self.server_close()
        with self._open_lock:
            for connection in self._open:
                _close_now(connection)

    def opened(self, connection: socket.socket) -> None:
        with self._open_lock:
            self._open.add(connection)

    def closed(self, connection: socket.socket) -> None:
        with self._open_lock:
            self._open.discard(connection)

    def handle_error(self, request: Any, client_address: Any) -> None:
        # A client that hangs up, and our own stop, are everyday business; anything
        # else is a mistake in a simulator and shall be seen.
        hung_up = isinstance(sys.exc_info()[1], ConnectionError)
        if not hung_up and not self.stopping.is_set():
            super().handle_error(request, client_address)


@contextmanager
def running(simulator: Simulator, *, control: bool = False) -> Iterator[str]:
    """Serve the simulator from a thread; gives its base address.

    The simulator itself is the handle: `simulator.faults.add(…)`, `simulator.log`,
    `simulator.switch(…)` work while it runs.
    """
    listener = Listener(simulator, control=control)
    listener.start()
    try:
        yield listener.base_url
    finally:
        listener.stop()


class _Exchange(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: Listener

    def setup(self) -> None:
        super().setup()
        self.server.opened(self.connection)

    def finish(self) -> None:
        self.server.closed(self.connection)
        super().finish()

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing on stderr: the simulator keeps its own log."""

    def version_string(self) -> str:
        return "simulator"

    def _exchange(self) -> None:
        headers = dict(self.headers.items())
        request = Request.parse(self.command, self.path, headers, self._body())
        if self.server.control and request.path.startswith(CONTROL_PATH):
            self._send(_control(self.server.simulator, request))
            return
        self._answer(request)

    def _body(self) -> bytes:
        """Of a known length, or in chunks as clients send what they stream."""
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            length = int(self.headers.get("Content-Length") or 0)
            return self.rfile.read(length) if length else b""
        parts: list[bytes] = []
        while size := int(self.rfile.readline().partition(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        while self.rfile.readline().strip():
            continue
        return b"".join(parts)

    def _answer(self, request: Request) -> None:
        simulator = self.server.simulator
        fault = simulator.faults.take(request.line)
        if fault is None:
            answer = simulator.handle(request)
            simulator.log.append(logged(request, answer.status))
            self._send(answer)
            return
        answer = self._disturbed_answer(request, fault)
        simulator.log.append(logged(request, answer.status, fault.kind))
        self._send_disturbed(answer, fault)

    def _disturbed_answer(self, request: Request, fault: Fault) -> Response:
        simulator = self.server.simulator
        if fault.word == "status":
            status = int(fault.argument)
            sentence = "The simulated fault of this request."
            answer = simulator.error_to(request, status, sentence)
            answer.headers.pop("Retry-After", None)
            if fault.retry_after is not None:
                answer.headers["Retry-After"] = fault.retry_after
            return answer
        if fault.word in ("html", "empty"):
            page = WEB_PAGE if fault.word == "html" else b""
            return Response(200, body=page, content_type="text/html; charset=utf-8")
        if fault.word == "hang":
            simulator.faults.hang(fault.seconds, self.server.stopping)
        if fault.word == "repeat_page":
            request = request.with_query(page="1")
        answer = simulator.handle(request)
        # A deep copy, so that a fault never edits what the simulator keeps.
        copy = json.loads(json.dumps(answer.payload))
        answer.payload = disturbed(copy, fault)
        return answer

    def _send_disturbed(self, answer: Response, fault: Fault) -> None:
        if fault.word in ("reset", "disconnect"):
            self.close_connection = True
            if fault.word == "reset":
                _reset(self.connection)
            return
        body = answer.encoded()
        if fault.word == "cut_json":
            answer.body = body[: len(body) // 2]
        if fault.word == "truncate":
            self._send(answer, body[: len(body) // 2], announced=len(body))
            self.close_connection = True
            return
        self._send(answer)

    def _send(
        self, answer: Response, body: bytes | None = None, announced: int | None = None
    ) -> None:
        body = answer.encoded() if body is None else body
        self.send_response(answer.status)
        if answer.status != 204:
            self.send_header("Content-Type", answer.content_type)
            self.send_header(
                "Content-Length", str(len(body) if announced is None else announced)
            )
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _exchange


def _control(simulator: Simulator, request: Request) -> Response:
    """Faults, log and switches over HTTP, for a simulator in another process.

    GET /_control/log; GET, POST (a list of faults), DELETE /_control/faults;
    POST /_control/switches (an object); POST /_control/clock {"now": ISO-8601}.
    """
    action = (request.method, request.path.removeprefix(CONTROL_PATH).strip("/"))
    try:
        return _controlled(simulator, request, action)
    except (ValueError, TypeError, KeyError) as error:
        return Response(400, {"error": str(error)})


def _controlled(
    simulator: Simulator, request: Request, action: tuple[str, str]
) -> Response:
    if action == ("GET", "log"):
        return Response(200, [asdict(entry) for entry in list(simulator.log)])
    if action == ("DELETE", "log"):
        simulator.log.clear()
    elif action == ("GET", "faults"):
        pending = simulator.faults.pending()
        return Response(200, [{"match": f.match, "kind": f.kind} for f in pending])
    elif action == ("POST", "faults"):
        simulator.faults.extend([Fault.parse(raw) for raw in request.json()])
    elif action == ("DELETE", "faults"):
        simulator.faults.clear()
    elif action == ("POST", "switches"):
        simulator.switch(**request.json())
    elif action == ("POST", "clock"):
        fixed = datetime.fromisoformat(request.json()["now"])
        simulator.clock = lambda: fixed
    else:
        return Response(404, {"error": f"No control action {' '.join(action)}."})
    return Response(204)


def _reset(connection: socket.socket) -> None:
    """Close with RST instead of FIN: the peer sees "connection reset"."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
    _close_now(connection, graceful=False)


def _close_now(connection: socket.socket, *, graceful: bool = True) -> None:
    try:
        if graceful:
            connection.shutdown(socket.SHUT_RDWR)
        connection.close()
    except OSError:
        # Already closed by the other side, which is what was wanted.
        return
