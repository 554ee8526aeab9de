"""Reading ahead: the next run is fetched while the last one is stored."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextvars import copy_context
from functools import partial
from queue import Empty, Queue
from typing import TypeVar

from ingest.http import stopped_by

T = TypeVar("T")
# How often a waiting side looks whether the other one is still there.
LOOK_EVERY_S = 1.0


def prefetch(
    items: Iterator[T],
    while_waiting: Callable[[], None],
    *,
    is_heavy: Callable[[T], bool] = lambda item: False,
) -> Iterator[T]:
    """The items, taken from `items` in a thread of their own, at most one in advance;
    none while a heavy one is worked on.

    `while_waiting` is called for each item, and about once a second until it is there:
    a long list of which nothing is stored must hold the claim too. What `items` raises
    is raised here. When the taker stops early, so does the thread, after the request
    that it is in.
    """
    box: Queue[tuple[bool, object]] = Queue(maxsize=1)
    stop, go_on = threading.Event(), threading.Semaphore(1)
    # Its lines in the log are of this sync, too.
    fill = partial(copy_context().run, _fill, items, box, stop, go_on)
    thread = threading.Thread(target=fill, daemon=True)
    thread.start()
    try:
        while True:
            is_item, got = _taken(box, while_waiting)
            while_waiting()
            if is_item:
                item: T = got  # type: ignore[assignment]
                waits = is_heavy(item)
                if not waits:
                    go_on.release()
                yield item
                del got, item
                if waits:
                    go_on.release()
            elif isinstance(got, BaseException):
                raise got
            else:
                return
    finally:
        stop.set()


def _taken(
    box: Queue[tuple[bool, object]], while_waiting: Callable[[], None]
) -> tuple[bool, object]:
    while True:
        try:
            return box.get(timeout=LOOK_EVERY_S)
        except Empty:
            while_waiting()


def _fill(
    items: Iterator[T],
    box: Queue[tuple[bool, object]],
    stop: threading.Event,
    go_on: threading.Semaphore,
) -> None:
    try:
        with stopped_by(stop):
            while _may_go_on(go_on, stop):
                # Not a loop over the items: it would hold the last one meanwhile.
                box.put((True, next(items)))
    except StopIteration:
        box.put((False, None))
    except BaseException as error:
        box.put((False, error))


def _may_go_on(go_on: threading.Semaphore, stop: threading.Event) -> bool:
    """Whether the next item is wanted; False once the taker has stopped."""
    while not stop.is_set():
        if go_on.acquire(timeout=LOOK_EVERY_S):
            return True
    return False
