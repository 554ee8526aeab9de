"""What a row says beside its identity and its outcome: a value, or unknown and noted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from ingest.origins import web_link
from ingest.parse import (
    Row,
    RowError,
    duration_ms,
    flag,
    kind,
    moment,
    optional_identifier,
    optional_text,
    text_of,
)

Value = TypeVar("Value")


class SideFields:
    """What a row says beside its identity and its outcome.

    Each read gives the value, or what stands for unknown; what could not be read is
    told in `oddity`, once for each field. Nothing here costs the row.
    """

    def __init__(self, row: Row, *, naive_is_utc: bool = True) -> None:
        self._row = row
        self._naive_is_utc = naive_is_utc
        self._notes: dict[str, str] = {}

    @property
    def oddity(self) -> str:
        """What was odd about the row and how it was read, "" when nothing was."""
        return "; ".join(self._notes.values())

    def note(self, key: str, sentence: str) -> None:
        self._notes.setdefault(key, sentence)

    def attempt(
        self, key: str, read: Callable[[], Value], unknown: Value, then: str
    ) -> Value:
        """What `read` gives, or `unknown`; `then` says what became of the value."""
        try:
            return read()
        except RowError as error:
            self.note(key, f"{error}: {then}")
            return unknown

    def name(self, key: str, otherwise: str = "") -> str:
        """A text that holds more than white space, or `otherwise`."""
        found = self.text(key)
        if found.strip():
            return found
        self.note(key, f"{key} is missing or empty: left out")
        return otherwise

    def text(self, key: str) -> str:
        """A text, "" when unknown."""
        return self._read(key, optional_text, "", "left out")

    def identifier(self, key: str) -> str:
        """The id of something else, "" when unknown."""
        return self._read(key, optional_identifier, "", "left out")

    def moment(self, key: str) -> datetime | None:
        """When something happened."""
        return self._read(key, self._moment, None, "time unknown")

    def plan(self, key: str) -> datetime | None:
        """When something is planned."""
        return self._read(key, self._plan, None, "time unknown")

    def duration_ms(self, key: str, *, unit_ms: float) -> int | None:
        def read(row: Row, name: str) -> int | None:
            return duration_ms(row, name, unit_ms=unit_ms)

        return self._read(key, read, None, "duration unknown")

    def flag(self, key: str, *, default: bool) -> bool:
        def read(row: Row, name: str) -> bool:
            return flag(row, name, default=default)

        return self._read(key, read, default, "left out")

    def texts(self, key: str) -> tuple[str, ...]:
        """The texts of a list; anything else in it is left out, as is no list."""
        found = self._row.get(key)
        if found is None:
            return ()
        if not isinstance(found, list):
            self.note(key, f"{key} is {kind(found)}, not a list: left out")
            return ()
        if any(not isinstance(one, str | None) for one in found):
            self.note(key, f"{key} holds other than texts: left out")
        return tuple(text_of(one) for one in found if isinstance(one, str) and one)

    def named_text(self, path: str) -> str:
        """The text or number in a field that a person named ("git.branch")."""
        value: Any = self._row
        for name in path.split(".") if path else ():
            value = value.get(name) if isinstance(value, dict) else None
        return self.of(path, value).text(path) if path else ""

    def web_address(self, key: str) -> str:
        """A link that is safe to show; "" for any other."""
        return web_link(self.text(key))

    def of(self, key: str, value: Any) -> SideFields:
        """A reader of one value that stands for the field; it notes where this one does."""
        one = SideFields({key: value})
        one._notes = self._notes
        return one

    def _moment(self, row: Row, key: str) -> datetime | None:
        return moment(row, key, naive_is_utc=self._naive_is_utc)

    def _plan(self, row: Row, key: str) -> datetime | None:
        return moment(row, key, naive_is_utc=self._naive_is_utc, is_plan=True)

    def _read(
        self, key: str, read: Callable[[Row, str], Value], unknown: Value, then: str
    ) -> Value:
        return self.attempt(key, lambda: read(self._row, key), unknown, then)
