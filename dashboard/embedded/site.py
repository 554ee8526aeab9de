"""The embedded installation as a whole: made ready, and its services put together."""

from __future__ import annotations

import os
import shutil
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from django.conf import settings
from django.core.management import call_command

from dashboard.embedded import EmbeddedError, account, keeper, processes, statics
from dashboard.embedded.supervisor import Service, Supervisor

WORKER_PROCESSES = 2
# Nobody waits for a sync as they wait for a page: a ninth of a core where both are wanted.
WORKER_NICENESS = 10
OWN_FOLDERS = ("beat", "demo", "heartbeats", "static")
Say = Callable[[str], None]


def check_port(host: str, port: int) -> None:
    """Raise EmbeddedError unless a server could listen there."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
        except OSError as error:
            raise EmbeddedError(
                f"Cannot listen on {host}, port {port}: {error.strerror}. Stop the "
                "program that uses it, or choose another with --host and --port."
            ) from error


def prepare() -> None:
    """Database up to date, broker started, static files collected.

    Where database and broker are not ours to look after, they are left alone.
    """
    statics.collect()
    if settings.EMBEDDED:
        # Earlier versions left what they wrote open to others.
        for name in OWN_FOLDERS:
            account.close_to_others(settings.DATA_DIR / name)
        call_command("migrate", interactive=False, verbosity=0)
    if not settings.REDIS_URL:
        keeper.start(settings.VALKEY)
    forget_file_queue(settings.DATA_DIR / "broker")


def forget_file_queue(folder: Path) -> None:
    """Remove the queue of an earlier version, which was files; the beat asks again."""
    for name in ("messages", "control"):
        shutil.rmtree(folder / name, ignore_errors=True)
    with suppress(OSError):  # There is none, or something else is in it.
        folder.rmdir()


def supervisor(overrides: Mapping[str, str] | None = None) -> Supervisor:
    """A supervisor whose services run on our settings, with `overrides`."""
    decided = {
        "DATA_DIR": str(settings.DATA_DIR),
        # gunicorn reads it too, before our settings, and stops at an empty one.
        "WEB_CONCURRENCY": str(settings.WEB_CONCURRENCY),
    }
    return Supervisor({**os.environ, **decided, **(overrides or {})})


def start_services(
    parent: Supervisor,
    host: str,
    port: int,
    *,
    web_only: bool = False,
    has_beat: bool = True,
    worker_niceness: int = WORKER_NICENESS,
) -> None:
    parent.start(Service("web", processes.web(host, port)))
    if not web_only:
        worker = processes.worker(WORKER_PROCESSES)
        parent.start(Service("worker", worker, niceness=worker_niceness))
        parent.start(Service("courier", processes.courier()))
    if has_beat and not web_only:
        start_beat(parent)


def start_beat(parent: Supervisor) -> None:
    """What is due begins from now on."""
    parent.start(Service("beat", processes.beat()))


class Readiness:
    """Says once, at the first moment, that the site answers."""

    def __init__(self, host: str, port: int, say: Say, message: str) -> None:
        self.url = f"http://{reachable(host)}:{port}/healthz"
        self.say, self.message = say, message
        self.started, self.ready = time.monotonic(), False

    def look(self) -> None:
        if not self.ready and _answers(self.url):
            self.ready = True
            seconds = time.monotonic() - self.started
            self.say(f"{self.message} (ready after {seconds:.1f} s)")


def reachable(host: str) -> str:
    """The host to type into a browser on this machine."""
    if host in {"0.0.0.0", "::", ""}:  # nosec B104 # compared, not bound
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=1):  # nosec B310 # an address of ours on this machine
            return True
    except urllib.error.HTTPError:
        return True  # It serves; what it says about its database it logs itself.
    except OSError:
        return False
