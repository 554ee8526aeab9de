"""How long and how much one request may take, whatever the other side does."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


class OutOfTimeError(TimeoutError):
    """The time allowed is used up, though the other side may still be sending."""


class TooMuchError(OSError):
    """More came over the wire than is allowed."""


@dataclass(slots=True)
class _Allowance:
    ends_at: float
    bytes_left: float


class _OfThread(threading.local):
    allowance = _Allowance(float("inf"), float("inf"))
    stop: threading.Event | None = None


_current = _OfThread()


@contextmanager
def allowed(*, limit_s: float, limit_bytes: float = float("inf")) -> Iterator[None]:
    """Inside, this thread's requests end after `limit_s`, or sooner where an outer
    limit does, and receive no more than `limit_bytes`."""
    outer = _current.allowance
    ends_at = min(outer.ends_at, time.monotonic() + limit_s)
    _current.allowance = _Allowance(ends_at, limit_bytes)
    try:
        yield
    finally:
        _current.allowance = outer


@contextmanager
def stopped_by(stop: threading.Event) -> Iterator[None]:
    """Inside, this thread's requests end once `stop` is set."""
    _current.stop = stop
    try:
        yield
    finally:
        _current.stop = None


def time_left_s() -> float:
    """Seconds that are left, above zero; raises OutOfTimeError when there are none."""
    left_s = _current.allowance.ends_at - time.monotonic()
    if left_s <= 0 or (_current.stop and _current.stop.is_set()):
        raise OutOfTimeError("out of time")
    return left_s


def has_time_for(pause_s: float) -> bool:
    """Whether anything could still be asked after such a pause."""
    return _current.allowance.ends_at - time.monotonic() > pause_s


def spend(received: int) -> None:
    """Count bytes that came in; raises TooMuchError beyond what is allowed."""
    _current.allowance.bytes_left -= received
    if _current.allowance.bytes_left < 0:
        raise TooMuchError("too much")
