"""Kept figures as this process has read them already: they are the same for everybody."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import Any, NamedTuple

# What is remembered, by the length of its JSON; it takes about six times as much memory.
MOST_CHARACTERS = 8_000_000


class Place(NamedTuple):
    """Which figure of a project is kept: over how many days, on which branch."""

    database: str
    name: str
    days: int
    project: int
    branch: str


class _Entry(NamedTuple):
    mark: str
    value: Any
    characters: int


class FigureCache:
    """The values that were read last, each with the mark of the row that it came from.

    Values are shared between threads and requests: nobody may change one.
    """

    def __init__(self, most_characters: int = MOST_CHARACTERS) -> None:
        self._most = most_characters
        self._entries: OrderedDict[Place, _Entry] = OrderedDict()
        self._characters = 0
        self._lock = Lock()

    def known(self, database: str, name: str, days: int) -> dict[str, Any]:
        """The values of this figure by the marks of their rows.

        Who asked has them for as long as the answer takes, whatever is forgotten then.
        """
        asked = (database, name, days)
        with self._lock:
            found = self._entries.items()
            return {e.mark: e.value for place, e in found if place[:3] == asked}

    def at(self, place: Place, mark: str) -> Any:
        """The value of this mark, None where another one or none is remembered."""
        with self._lock:
            entry = self._entries.get(place)
            if entry is None or entry.mark != mark:
                return None
            self._entries.move_to_end(place)
            return entry.value

    def clear(self) -> None:
        """As when the process began."""
        with self._lock:
            self._entries.clear()
            self._characters = 0

    def used(self, place: Place) -> None:
        """Its value was of use just now, if it has not been forgotten meanwhile."""
        with self._lock:
            if place in self._entries:
                self._entries.move_to_end(place)

    def put(self, place: Place, mark: str, value: Any, characters: int) -> None:
        """Remember a value in place of the one before, and forget the least used."""
        with self._lock:
            old = self._entries.pop(place, None)
            self._characters += characters - (old.characters if old else 0)
            self._entries[place] = _Entry(mark, value, characters)
            while self._characters > self._most:
                _, forgotten = self._entries.popitem(last=False)
                self._characters -= forgotten.characters
