"""Small servers that stand for what messages are sent to, and keep what arrives."""

from __future__ import annotations

import json
import socketserver
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

# The parts of addresses that are keys; no log, page or row may hold one.
SLACK = "/services/T0SECRET/B0SECRET/sEcReTsLaCk"
DISCORD = "/api/webhooks/123456789012/sEcReTdIsCoRd"
TEAMS = (
    "/workflows/sEcReTtEaMs0/triggers/manual/paths/invoke"
    "?api-version=2016-06-01&sp=%2Ftriggers&sv=1.0&sig=sEcReTsIgNaTuRe"
)
WEBHOOK = "/hook/sEcReThOoK?key=sEcReTqUeRy"


@dataclass
class Web:
    """Answers POSTs with `answers` one after the other, the last one again and again: a
    code, a redirect's address, seconds to be silent, or bytes for the wire, after which
    it holds the line for `stalls_s`.
    """

    url: str = ""
    stalls_s: float = 0
    answers: list[int | str | float | bytes] = field(default_factory=lambda: [200])
    got: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def body(self) -> dict[str, Any]:
        """The newest."""
        return self.got[-1][1]


@contextmanager
def web() -> Iterator[Web]:
    kept = Web()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            kept.got.append((self.path, json.loads(self.rfile.read(length))))
            answer = kept.answers.pop(0) if len(kept.answers) > 1 else kept.answers[0]
            if isinstance(answer, float):
                time.sleep(answer)
                return
            if isinstance(answer, bytes):
                self.wfile.write(answer)
                self.wfile.flush()
                time.sleep(kept.stalls_s)
                return
            self.send_response(302 if isinstance(answer, str) else answer)
            if isinstance(answer, str):
                self.send_header("Location", answer)
            for name, value in kept.headers.items():
                self.send_header(name, value)
            content = b"ok" if answer == 200 else b"sEcRe echo"
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    kept.url = f"http://127.0.0.1:{server.server_address[1]}"
    with _serving(server):
        yield kept


@dataclass
class Mail:
    port: int = 0
    refuses: bool = False
    got: list[tuple[str, EmailMessage]] = field(default_factory=list)


@contextmanager
def mail() -> Iterator[Mail]:
    """Speaks as much SMTP as smtplib asks for."""
    kept = Mail()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self._say("220 mail.example")
            to = ""
            while line := self.rfile.readline().decode().strip():
                verb = line[:4].upper()
                if verb == "RCPT":
                    to = line.partition("<")[2].partition(">")[0]
                    self._say("550 no such person" if kept.refuses else "250 ok")
                elif verb == "DATA":
                    self._say("354 go on")
                    kept.got.append((to, self._message()))
                    self._say("250 taken")
                elif verb == "QUIT":
                    self._say("221 bye")
                    return
                else:
                    self._say("250 ok")

        def _message(self) -> EmailMessage:
            lines = []
            while (line := self.rfile.readline()) != b".\r\n":
                lines.append(line.removeprefix(b"."))
            return message_from_bytes(b"".join(lines), policy=policy.default)  # type: ignore[return-value]

        def _say(self, text: str) -> None:
            self.wfile.write(f"{text}\r\n".encode())

    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    kept.port = server.server_address[1]
    with _serving(server):
        yield kept


@contextmanager
def _serving(server: socketserver.BaseServer) -> Iterator[None]:
    thread = threading.Thread(target=lambda: server.serve_forever(0.01), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
