"""gunicorn's worker class: clients are waited for in one loop, threads only compute.

waitress receives a whole request before a thread sees it, and sends what a thread has
answered. What it lacks is a deadline: a byte a second keeps its connections for ever.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass
from socket import MSG_PEEK, socket
from typing import Any, cast

from django.conf import settings
from gunicorn.workers.base import Worker
from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.server import TcpWSGIServer
from waitress.task import ThreadedTaskDispatcher, WSGITask

from dashboard.long_requests import MOST_BODY_BYTES, MOST_BYTES, Parser
from dashboard.waiting_client import CLIENT, WaitingClient

LOOK_EVERY_S = 0.5


@dataclass(frozen=True)
class Limits:
    """How long a client may keep a connection, and what it may keep with it."""

    # From the first byte of a request to the end of its header, and to its end.
    head_s: float = 10
    request_s: float = 60
    # Whoever sends a large body gets a second more for each so many bytes of it.
    body_bytes_s: float = 250_000
    # Without any byte, after connecting and between two requests.
    idle_s: float = 15
    # Who reads an answer takes so many bytes in each such time.
    reading_s: float = 30
    reading_bytes: int = 30_000
    # With more connections than this the oldest that wait for their client give way.
    crowd: int = 300
    # Bodies that have come in and are not answered yet, together. They lie on a disk on
    # which the database may be, and nobody knows yet who sends them.
    held_bytes: int = 4_000_000_000
    # Threads that wait for readers of long exports; each has another in its place.
    waiting_threads: int = 16


class Task(WSGITask):
    """One request, which knows who waits for it."""

    channel: Channel

    def service(self) -> None:
        client = self.channel.client = WaitingClient()
        try:
            super().service()
        finally:
            client.was_answered()

    @property
    def has_body(self) -> bool:
        """To HEAD a length may be told, and nothing be sent, not even an end."""
        command = getattr(self.request, "command", "")
        is_told = command != "HEAD" or self.content_length is not None
        return bool(super().has_body and is_told)

    def get_environment(self) -> dict[str, Any]:
        environ: dict[str, Any] = super().get_environment()
        environ[CLIENT] = self.channel.client
        return environ


class Channel(HTTPChannel):
    """One connection, and since when its client is waited for."""

    parser_class = Parser
    task_class = Task
    client: WaitingClient | None = None

    def __init__(self, *args: Any, **words: Any) -> None:
        self.since = self.looked = time.monotonic()
        self.sent = self.sent_before = 0
        super().__init__(*args, **words)

    def received(self, data: bytes) -> bool:
        before = self.request
        taken = super().received(data)
        if self.request is not before:
            self.since = time.monotonic()
        return taken

    def send(self, data: bytes, do_close: bool = True) -> int:
        count = super().send(data, do_close)
        self.sent += count
        if count:
            self.since = time.monotonic()
        return count

    def handle_close(self) -> None:
        super().handle_close()
        if self.requests and self.client is not None:
            self.client.hung_up()

    @property
    def has_left(self) -> bool:
        """Whether the client hung up while its answer is being made: nothing is read from
        it then, so that nobody would notice before there is something to send.
        """
        if not self.requests or self.total_outbufs_len or self.socket is None:
            return False
        try:
            return not self.socket.recv(1, MSG_PEEK)
        except BlockingIOError:
            return False
        except OSError:
            return True

    def is_overdue(self, now: float, limits: Limits) -> bool:
        if self.total_outbufs_len:
            return self._reads_too_slowly(now, limits)
        self.looked, self.sent_before = now, self.sent
        if self.requests:
            return False  # It is our turn.
        if self.request is None:
            return now - self.since > limits.idle_s
        if not self.request.headers_finished:
            return now - self.since > limits.head_s
        earned_s = self.request.body_bytes_received / limits.body_bytes_s
        return now - self.since > limits.request_s + earned_s

    def _reads_too_slowly(self, now: float, limits: Limits) -> bool:
        if now - self.looked <= limits.reading_s:
            return False
        is_slow = self.sent - self.sent_before < limits.reading_bytes
        self.looked, self.sent_before = now, self.sent
        return is_slow

    @property
    def body_bytes(self) -> int:
        """Of the requests that came in by it, whole or not."""
        coming = [self.request] if self.request else []
        return sum(int(r.body_bytes_received) for r in (*self.requests, *coming))

    @property
    def holds_thread(self) -> bool:
        """Whether a thread waits until the client has read more."""
        return bool(self.requests) and (
            self.total_outbufs_len > self.adj.outbuf_high_watermark
        )


class Server(TcpWSGIServer):
    channel_class = Channel

    def maintenance(self, now: float) -> None:
        """Nothing: the worker looks after the connections of all addresses at once."""


class BufferedWorker(Worker):
    """A gunicorn worker; `threads` of its settings compute at the same time."""

    limits = Limits()

    def run(self) -> None:
        self.threads = ThreadedTaskDispatcher()
        self.threads.set_thread_count(self.cfg.threads)
        # gunicorn's sockets are wrapped.
        bound = [getattr(one, "sock", one) for one in self.sockets]
        self.map: dict[int, Any] = {}
        self.adjustments = _adjustments(bound)
        servers = [self._server(one) for one in bound]
        while self.alive and self.ppid == os.getppid():
            self._turn()
        for server in servers:
            server.del_channel()
        self._finish()

    def _server(self, bound: socket) -> Server:
        about = (bound.family, bound.type, bound.proto, bound.getsockname())
        return Server(
            # The stubs of the two disagree about WSGI.
            _without_body_of_head(cast(Any, self.wsgi)),
            self.map,
            _sock=bound,
            dispatcher=self.threads,
            adj=self.adjustments,
            sockinfo=about,
            bind_socket=False,
        )

    def _turn(self) -> None:
        wasyncore.loop(LOOK_EVERY_S, use_poll=True, map=self.map, count=1)
        self.notify()
        self._look_after_clients()

    def _finish(self) -> None:
        """Let answers end that are under way; gunicorn's master ends them at its time."""
        deadline = time.monotonic() + self.cfg.graceful_timeout
        while self._is_busy() and time.monotonic() < deadline:
            self._turn()
        self.threads.set_thread_count(0)

    def _is_busy(self) -> bool:
        return any(c.requests or c.total_outbufs_len for c in self._channels())

    def _channels(self) -> list[Channel]:
        return [one for one in self.map.values() if isinstance(one, Channel)]

    _looked = 0.0

    def _look_after_clients(self) -> None:
        now = time.monotonic()
        if now - self._looked < LOOK_EVERY_S:
            return
        self._looked = now
        for channel in self._channels():
            if channel.has_left or channel.is_overdue(now, self.limits):
                channel.handle_close()
        self._thin_out()
        self._free_the_disk()
        self._replace_waiting_threads()

    def _thin_out(self) -> None:
        channels = self._channels()
        excess = len(channels) - self.limits.crowd
        waiting = sorted((c for c in channels if not c.requests), key=lambda c: c.since)
        for channel in waiting[: max(excess, 0)]:
            channel.handle_close()

    def _free_the_disk(self) -> None:
        """Whoever sends most gives way, and leaves as much free as is held."""
        channels = sorted(self._channels(), key=lambda c: c.body_bytes)
        held = sum(c.body_bytes for c in channels)
        if not held:
            return
        free = shutil.disk_usage(tempfile.gettempdir()).free
        excess = held - min(self.limits.held_bytes, free)
        for channel in reversed([c for c in channels if not c.requests]):
            if excess <= 0:
                return
            excess -= channel.body_bytes
            channel.handle_close()

    def _replace_waiting_threads(self) -> None:
        """Whoever reads an export slowly must not keep pages from being computed."""
        held = sorted((c for c in self._channels() if c.holds_thread), key=_speed)
        for channel in held[: -self.limits.waiting_threads]:
            channel.handle_close()
        others = min(len(held), self.limits.waiting_threads)
        self.threads.set_thread_count(self.cfg.threads + others)


def _speed(channel: Channel) -> float:
    """Bytes a second of the current look at a reader."""
    took_s = time.monotonic() - channel.looked
    return (channel.sent - channel.sent_before) / max(took_s, LOOK_EVERY_S)


def _without_body_of_head(application: Any) -> Any:
    """Django leaves it to the server to send no body, and waitress to the application:
    the client would take it for the head of the next answer.
    """

    def answer(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        body: Iterable[bytes] = application(environ, start)
        if environ["REQUEST_METHOD"] != "HEAD":
            return body
        if hasattr(body, "close"):
            body.close()
        return ()

    return answer


def _adjustments(bound: list[socket]) -> Adjustments:
    return Adjustments(
        sockets=bound,
        ident=None,
        # Taken off where a proxy left it on; some proxies take it off themselves.
        url_prefix=settings.FORCE_SCRIPT_NAME,
        # More are let wait by the system. A connection may have a file beside it, and
        # a process has 1024 of both unless somebody says otherwise.
        connection_limit=400,
        max_request_header_size=MOST_BYTES,
        # In one turn of the loop, of which each looks at every connection: 250 results
        # that are pushed are 60 kB.
        recv_bytes=2**16,
        # Of forms, of which Django takes 2.5 MB; of what is pushed more is taken.
        max_request_body_size=MOST_BODY_BYTES,
        # What an export may be ahead of its reader, in memory.
        outbuf_high_watermark=1_000_000,
        outbuf_overflow=2_000_000,
        # Django's settings say what of a proxy is believed.
        clear_untrusted_proxy_headers=False,
    )
