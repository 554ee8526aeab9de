"""Who uses the embedded PostgreSQL, and who stops it when nobody does any more.

The rule: every process that connects holds a shared lock until it ends, in whatever
way it ends. One small process, the keeper, waits for the same lock alone; once it gets
it nobody is left, and it stops the server. No list of users has to be kept right.
"""

from __future__ import annotations

import fcntl
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dashboard.embedded import account
from dashboard.embedded.postgres import Cluster

ROOT = Path(__file__).parents[2]

_held: dict[Path, int] = {}


def hold(cluster: Cluster) -> None:
    """Count this process among the users; waits while the server is being stopped."""
    if cluster.folder not in _held:
        account.make_private(cluster.folder)
        lock = _open(cluster.folder / "users.lock")
        fcntl.flock(lock, fcntl.LOCK_SH)
        _held[cluster.folder] = lock


def start(cluster: Cluster) -> None:
    """Start the server if need be, and a keeper that will stop it.

    Raises:
        EmbeddedError: the server cannot be created or started.
    """
    hold(cluster)
    cluster.start()
    with _lock(cluster.folder / "keeper.lock", fcntl.LOCK_EX | fcntl.LOCK_NB) as free:
        pass
    if free:
        _spawn_keeper(cluster)


def keep(cluster: Cluster) -> None:
    """Stop the server as soon as no process uses it; what the keeper does."""
    only = _open(cluster.folder / "keeper.lock")
    if _locked(only, fcntl.LOCK_EX | fcntl.LOCK_NB):
        with _lock(cluster.folder / "users.lock", fcntl.LOCK_EX):
            cluster.stop()
            # Before users may come again: the next one must find that it has no keeper.
            os.close(only)


@contextmanager
def _lock(path: Path, how: int) -> Iterator[bool]:
    """Whether the lock could be had; it is given back at the end."""
    lock = _open(path)
    try:
        yield _locked(lock, how)
    finally:
        os.close(lock)


def _locked(lock: int, how: int) -> bool:
    try:
        fcntl.flock(lock, how)
    except BlockingIOError:
        return False
    return True


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)


def _spawn_keeper(cluster: Cluster) -> None:
    # A session of its own: a Ctrl-C in the terminal must reach the users first. Its
    # output goes nowhere, so that it holds no pipe of the command that started it.
    # Not subprocess: nobody waits for it, it outlives the process that starts it.
    nowhere = [
        (os.POSIX_SPAWN_OPEN, stream, os.devnull, os.O_RDWR, 0) for stream in (0, 1, 2)
    ]
    os.posix_spawn(
        sys.executable,
        [sys.executable, "-m", "dashboard.embedded.keeper", str(cluster.folder)],
        {**os.environ, "PYTHONPATH": str(ROOT)},
        file_actions=nowhere,
        setsid=True,
    )


def _forget_in_child() -> None:
    # A fork shares its parent's lock; it has to take one of its own.
    for lock in _held.values():
        os.close(lock)
    _held.clear()


os.register_at_fork(after_in_child=_forget_in_child)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    keep(Cluster(Path(sys.argv[1])))
