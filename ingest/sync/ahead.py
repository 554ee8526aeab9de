"""Reading ahead: the next run is fetched while the last one is stored."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from queue import Empty, Full, Queue
from typing import TypeVar

T = TypeVar("T")
# How often a waiting side looks whether the other one is still there.
LOOK_EVERY_S = 1.0


def ahead(items: Iterator[T], while_waiting: Callable[[], None]) -> Iterator[T]:
    """The items, taken from `items` in a thread of their own, at most one in advance.

    `while_waiting` is called for each item, and about once a second until it is there:
    a long list of which nothing is stored must hold the claim too. What `items` raises is raised here. When the taker stops early, so does the thread,
    after the request that it is in.
    """
    box: Queue[tuple[bool, object]] = Queue(maxsize=1)
    stop = threading.Event()
    thread = threading.Thread(target=_fill, args=(items, box, stop), daemon=True)
    thread.start()
    try:
        while True:
            try:
                is_item, got = box.get(timeout=LOOK_EVERY_S)
            except Empty:
                while_waiting()
                continue
            while_waiting()
            if is_item:
                yield got  # type: ignore[misc]
            elif isinstance(got, BaseException):
                raise got
            else:
                return
    finally:
        stop.set()


def _fill(
    items: Iterator[T], box: Queue[tuple[bool, object]], stop: threading.Event
) -> None:
    try:
        for item in items:
            if not _put(box, (True, item), stop):
                return
        _put(box, (False, None), stop)
    except BaseException as error:
        _put(box, (False, error), stop)


def _put(
    box: Queue[tuple[bool, object]],
    item: tuple[bool, object],
    stop: threading.Event,
) -> bool:
    """Whether the item was taken into the box before the taker stopped."""
    while not stop.is_set():
        try:
            box.put(item, timeout=LOOK_EVERY_S)
        except Full:
            continue
        return True
    return False
