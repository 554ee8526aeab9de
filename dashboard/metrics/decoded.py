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


class Decoded:
    """The values that were read last, each with the mark of the row that it came from.

    Values are shared between threads and requests: nobody may change one.
    """

    def __init__(self, most_characters: int = MOST_CHARACTERS) -> None:
        self._most = most_characters
        self._entries: OrderedDict[Place, _Entry] = OrderedDict()
        self._characters = 0
        self._lock = Lock()

    def marks(self, database: str, name: str, days: int) -> list[str]:
        """Of the rows of this figure whose values are known."""
        asked = (database, name, days)
        with self._lock:
            return [e.mark for place, e in self._entries.items() if place[:3] == asked]

    def get(self, place: Place, mark: str) -> Any:
        """The value of that row; KeyError where it was forgotten meanwhile."""
        with self._lock:
            entry = self._entries[place]
            if entry.mark != mark:
                raise KeyError(place)
            self._entries.move_to_end(place)
            return entry.value

    def put(self, place: Place, mark: str, value: Any, characters: int) -> None:
        """Remember a value in place of the one before, and forget the least used."""
        with self._lock:
            old = self._entries.pop(place, None)
            self._characters += characters - (old.characters if old else 0)
            self._entries[place] = _Entry(mark, value, characters)
            while self._characters > self._most:
                _, forgotten = self._entries.popitem(last=False)
                self._characters -= forgotten.characters
