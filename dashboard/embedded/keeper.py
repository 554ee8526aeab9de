"""Who uses an embedded server, and who stops it when nobody does any more.

The rule: every process that connects holds a shared lock until it ends, in whatever
way it ends. One small process, the keeper, waits for the same lock alone; once it gets
it nobody is left, and it stops the server. No list of users has to be kept right.
"""

from __future__ import annotations

import fcntl
import os
import signal
import sys
from pathlib import Path
from pkgutil import resolve_name
from typing import Protocol

from dashboard.embedded.locks import locked, open_lock, taken

ROOT = Path(__file__).parents[2]

_held: dict[Path, int] = {}


class Server(Protocol):
    """What runs while it has users; its class makes it from `folder` alone."""

    @property
    def folder(self) -> Path: ...

    def make_folder(self) -> None: ...

    def start(self) -> None: ...

    def stop(self) -> None: ...


def hold(server: Server) -> None:
    """Count this process among the users; waits while the server is being stopped."""
    if server.folder not in _held:
        server.make_folder()
        lock = open_lock(server.folder / "users.lock")
        fcntl.flock(lock, fcntl.LOCK_SH)
        _held[server.folder] = lock


def start(server: Server) -> None:
    """Start the server if need be, and a keeper that will stop it.

    Raises:
        EmbeddedError: the server cannot be created or started.
    """
    hold(server)
    server.start()
    with locked(server.folder / "keeper.lock", fcntl.LOCK_EX | fcntl.LOCK_NB) as free:
        pass
    if free:
        _spawn_keeper(server)


def keep(server: Server) -> None:
    """Stop the server as soon as no process uses it; what the keeper does."""
    only = open_lock(server.folder / "keeper.lock")
    if taken(only, fcntl.LOCK_EX | fcntl.LOCK_NB):
        with locked(server.folder / "users.lock", fcntl.LOCK_EX):
            server.stop()
            # Before users may come again: the next one must find that it has no keeper.
            os.close(only)


def _spawn_keeper(server: Server) -> None:
    # A session of its own: a Ctrl-C in the terminal must reach the users first. Its
    # output goes nowhere, so that it holds no pipe of the command that started it.
    # Not subprocess: nobody waits for it, it outlives the process that starts it.
    folder = str(server.folder)
    nowhere = [
        (os.POSIX_SPAWN_OPEN, stream, os.devnull, os.O_RDWR, 0) for stream in (0, 1, 2)
    ]
    os.posix_spawn(
        sys.executable,
        [sys.executable, "-m", "dashboard.embedded.keeper", _kind(server), folder],
        {**os.environ, "PYTHONPATH": str(ROOT)},
        file_actions=nowhere,
        setsid=True,
    )


def _kind(server: Server) -> str:
    return f"{type(server).__module__}:{type(server).__qualname__}"


def _forget_in_child() -> None:
    # A fork shares its parent's lock; it has to take one of its own.
    for lock in _held.values():
        os.close(lock)
    _held.clear()


os.register_at_fork(after_in_child=_forget_in_child)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    keep(resolve_name(sys.argv[1])(Path(sys.argv[2])))
