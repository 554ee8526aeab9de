"""Locks between processes: a file that is held until it is closed, however that comes."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def open_lock(path: Path) -> int:
    """The file, made if need be, that nobody else may hold."""
    return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)


def taken(lock: int, how: int) -> bool:
    """Whether the lock could be had; with LOCK_NB among `how` it is not waited for."""
    try:
        fcntl.flock(lock, how)
    except BlockingIOError:
        return False
    return True


@contextmanager
def locked(path: Path, how: int = fcntl.LOCK_EX) -> Iterator[bool]:
    """Whether the lock could be had; it is given back at the end."""
    lock = open_lock(path)
    try:
        yield taken(lock, how)
    finally:
        os.close(lock)
