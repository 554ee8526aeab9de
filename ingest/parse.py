"""Hostile JSON in, trusted values out: the typed reads that every connector uses."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeAlias

from ingest.contract import Status

Row: TypeAlias = Mapping[str, Any]

# No vendor's ids are longer, and an index could not hold them.
LONGEST_ID = 480
# The largest duration that a bigint column holds, in milliseconds.
MAX_DURATION_MS = 2**63 - 1


class RowError(ValueError):
    """A row that cannot be read; its text names the key and what is wrong with it."""


def mapping(value: Any, where: str) -> Row:
    """`value` as a JSON object; RowError names `where` when it is none."""
    if not isinstance(value, dict):
        raise RowError(f"{where} is {kind(value)}, not an object")
    return value


def listing(value: Any, where: str) -> list[Any]:
    """`value` as a JSON list; RowError names `where` when it is none."""
    if not isinstance(value, list):
        raise RowError(f"{where} is {kind(value)}, not a list")
    return value


def identifier(row: Row, key: str, *, longest: int | None = LONGEST_ID) -> str:
    """A required id: a non-empty string or an integer, as a string.

    `longest` None is for what is no id of a row of ours: keys and words.
    """
    value = row.get(key)
    if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
        raise RowError(f"{key} is {kind(value)}, not an id")
    text = str(value)
    if longest is not None and len(text) > longest:
        raise RowError(f"{key} is a text of {len(text)} letters, not an id")
    return text_of(text)


def optional_identifier(row: Row, key: str) -> str:
    """An id that may be absent or null, then ""."""
    return "" if row.get(key) in (None, "") else identifier(row, key)


def required_text(row: Row, key: str) -> str:
    """A text that must be there and hold more than white space."""
    value = optional_text(row, key)
    if not value.strip():
        raise RowError(f"{key} is missing or empty")
    return value


def optional_text(row: Row, key: str) -> str:
    """A text that may be absent or null, then ""; numbers are taken as text."""
    value = row.get(key)
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise RowError(f"{key} is {kind(value)}, not a text")
    return text_of(str(value))


def text_of(value: str) -> str:
    """Text that PostgreSQL can hold: NUL and lone surrogates become visible signs."""
    if "\x00" in value:
        value = value.replace("\x00", "\u2400")
    try:
        value.encode()
    except UnicodeEncodeError:
        value = value.encode("utf-8", "replace").decode()
    return value


def whole_number(row: Row, key: str, *, default: int | None = None) -> int:
    """A count: a whole number, not negative; `default` stands for absent or null."""
    value = row.get(key)
    if value is None and default is not None:
        return default
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise RowError(f"{key} is {kind(value)}, not a whole number")
    if not 0 <= value < 2**31:
        raise RowError(f"{key} is {value}, not a possible count")
    return value


def flag(row: Row, key: str, *, default: bool | None = None) -> bool:
    """A truth value; vendors send 0 and 1 too."""
    value = row.get(key)
    if value is None and default is not None:
        return default
    if value in (True, False):
        return bool(value)
    raise RowError(f"{key} is {kind(value)}, not true or false")


def moment(row: Row, key: str) -> datetime | None:
    """An ISO 8601 time as aware UTC, None when absent; without a zone it is UTC."""
    value = row.get(key)
    if value in (None, ""):
        return None
    if not isinstance(value, str):
        raise RowError(f"{key} is {kind(value)}, not an ISO 8601 time")
    try:
        parsed = datetime.fromisoformat(value)
        aware = parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
        return aware.astimezone(UTC)
    except (ValueError, OverflowError):
        raise RowError(f"{key} is {value[:40]!r}, not an ISO 8601 time") from None


def duration_ms(row: Row, key: str, *, unit_ms: float) -> tuple[int | None, str]:
    """A duration in whole milliseconds (half up) and what was odd about it.

    `unit_ms` is how many milliseconds the vendor's number 1 stands for. Below zero or
    too large to be kept, it is unknown: a wrong clock must not bend a median, and must
    not cost the outcome either.
    """
    value = row.get(key)
    if value is None or value == "":
        return None, ""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise RowError(f"{key} is {kind(value)}, not a duration")
    shown = str(value)[:40]
    if value < 0:
        return None, f"{key} {shown} is below zero: duration unknown"
    # The first half spares float arithmetic a whole number that it cannot hold.
    if value > MAX_DURATION_MS or not value * unit_ms <= MAX_DURATION_MS:
        return None, f"{key} {shown} is impossibly long: duration unknown"
    return int(value * unit_ms + 0.5), ""


def status_of(
    raw: str, table: Mapping[str, Status], mapped: Mapping[str, Status]
) -> Status:
    """A vendor's word as ours: the documented table, then a person's map, or unknown."""
    return table.get(raw) or mapped.get(raw) or Status.UNKNOWN


def kind(value: Any) -> str:
    """What a JSON value is, in a reader's words."""
    if value is None:
        return "missing"
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    names = {bool: "a truth value", int: "a number", float: "a number", str: "a text"}
    return f"{names.get(type(value), type(value).__name__)} ({str(value)[:40]!r})"
