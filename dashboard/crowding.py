"""While many pages are made at once, what was made some seconds ago is good enough; so are
the numbers beside a page while data comes in a flood.

Data that changes all the time makes every page anew, and whoever reads then waits for
all others. A page says how old its data is in minutes; what this leaves out is younger.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock, Semaphore
from time import monotonic
from typing import Any, Generic, NamedTuple, TypeVar

from dashboard.database.writers import wrote_lately
from dashboard.last_used import LastUsed
from dashboard.request_cache import keep_in_request, kept_in_request

T = TypeVar("T")
# So many pages at once in a process: one computes while others wait for the database.
# More would take turns, hold the memory of all of them, and each be late.
MOST_AT_ONCE = 3
# What a page waits for its turn: those before it may wait for the database for long.
LONGEST_WAIT_S = 2
# With so many others that are made or wait a page is one of a crowd; in a flood with one.
CROWD, CROWD_IN_FLOOD = 2, 1
# So many changes within GOOD_FOR_S, of which a page that is opened now and then sees none,
# are a flood: several builds at once, or the first sync of a year.
FLOOD = 50
# Less than the 15 s after which an open page asks for its live parts again.
GOOD_FOR_S = 10
# Names under which a request keeps whether it may have late parts, and whether it has.
_ALLOWED, _HAPPENED = "may be late", "is late"
_turns = Semaphore(MOST_AT_ONCE)
_all: list[LastUsed[str, Any]] = []
_lock = Lock()
_pages = 0


@contextmanager
def in_the_making() -> Iterator[bool]:
    """Within it one more page is made, once it is its turn; whether it waited for that."""
    global _pages
    with _lock:
        _pages += 1
    waited = not (has_turn := _turns.acquire(blocking=False))
    try:
        has_turn = has_turn or _turns.acquire(timeout=LONGEST_WAIT_S)
        yield waited
    finally:
        if has_turn:
            _turns.release()
        with _lock:
            _pages -= 1


class _Changes:
    """How many there were lately, as the pages of this process saw them."""

    def __init__(self) -> None:
        self._counts = deque[tuple[float, int]]()
        self._lock = Lock()

    def are_many(self, count: int) -> bool:
        """`count` is the number of all changes there ever were."""
        now = monotonic()
        with self._lock:
            self._counts.append((now, count))
            while self._counts[0][0] < now - GOOD_FOR_S:
                self._counts.popleft()
            return count - self._counts[0][1] >= FLOOD

    def clear(self) -> None:
        self._counts.clear()


_changes = _Changes()


def forget() -> None:
    """As when the process began."""
    _changes.clear()
    for one in _all:
        one.clear()


class Allowed(NamedTuple):
    """What of an answer may be as it was GOOD_FOR_S ago: the whole `page`, or `parts`."""

    page: bool
    parts: bool


def allow_late(user_id: int | None, changes: int) -> Allowed:
    """The whole page in a crowd, its `Lately` parts in a flood as well; nothing where the
    reader changed something that they would look for.
    """
    is_flood = _changes.are_many(changes)
    is_crowd = _pages >= (CROWD_IN_FLOOD if is_flood else CROWD)
    may_be_late = (is_crowd or is_flood) and not wrote_lately(user_id)
    keep_in_request(_ALLOWED, may_be_late)
    return Allowed(page=is_crowd and may_be_late, parts=may_be_late)


class Lately(Generic[T]):
    """What this process computed last of each thing, for the parts of pages that may be
    late. Nobody may change a value: it is shared between threads.
    """

    MOST = 64

    def __init__(self) -> None:
        self._known = LastUsed[str, tuple[float, T]](self.MOST)
        _all.append(self._known)

    def get(self, name: str, compute: Callable[[], T]) -> T:
        """What was computed GOOD_FOR_S ago at most, where this answer may be late."""
        if kept_in_request(_ALLOWED) and (known := self._known.get(name)):
            made_at, value = known
            if monotonic() - made_at < GOOD_FOR_S:
                keep_in_request(_HAPPENED, True)
                return value
        value = compute()
        self._known.put(name, (monotonic(), value))
        return value


def has_late_part() -> bool:
    """Whether the answer that is made has a part that may be late."""
    return bool(kept_in_request(_HAPPENED))
