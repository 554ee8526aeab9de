"""Hostile JSON in, trusted values out: the typed reads that every connector uses.

They raise RowError. Only what a row cannot do without is read with them directly; all
else through `ingest.side_fields`, where what cannot be read is unknown, and noted.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

from ingest.contract import Status

Row: TypeAlias = Mapping[str, Any]

# No vendor's ids are longer, and an index could not hold them.
LONGEST_ID = 480
# Nothing that a tool executes takes a year.
LONGEST = timedelta(days=366)
LONGEST_MS = LONGEST // timedelta(milliseconds=1)
# What has happened lies before now, but for clocks that differ by so much; and nothing,
# happened or planned, lies further away than these years.
CLOCKS_DIFFER = timedelta(minutes=15)
DECADES = timedelta(days=20 * 366)

_FLAGS = {"true": True, "1": True, "false": False, "0": False}
# Numbers as people and locales write them. A comma or point between three digits may be
# either sign; only what can be read in one way is.
_PLAIN_NUMBER = re.compile(
    r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,4})?", re.ASCII
)
_GROUPED_NUMBERS = (
    re.compile(r"[+-]?\d{1,3}(?:,\d{3})+\.\d+|[+-]?\d{1,3}(?:,\d{3}){2,}", re.ASCII),
    re.compile(
        r"[+-]?\d{1,3}(?:[ '_\u00a0\u2009\u202f\u2019]\d{3})+(?:\.\d+)?", re.ASCII
    ),
)
_GROUP_SIGN = re.compile(r"[, '_\u00a0\u2009\u202f\u2019]")
# Seconds since 1970 have up to eleven digits until the year 5138; then come milliseconds,
# micro- and nanoseconds. Eight digits are a date.
_EPOCH = re.compile(r"[+-]?\d{9,19}(?:\.\d+)?", re.ASCII)
_EPOCH_UNITS = ((1e11, 1.0), (1e14, 1e3), (1e17, 1e6), (math.inf, 1e9))
_UTC_WORD = re.compile(r"\s*(?:UTC|GMT|Z)$", re.IGNORECASE)
_LONGEST_NUMBER = 60


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
    """A truth value; vendors send 0 and 1 too, and each of them as a text."""
    value = row.get(key)
    if value is None and default is not None:
        return default
    if isinstance(value, str):
        value = _FLAGS.get(value.strip().lower(), value)
    if value in (True, False):
        return bool(value)
    raise RowError(f"{key} is {kind(value)}, not true or false")


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


def moment(
    row: Row, key: str, *, naive_is_utc: bool = True, is_plan: bool = False
) -> datetime | None:
    """When something happened, as aware UTC; None when absent.

    ISO 8601 in its usual spellings, or seconds, milliseconds or less since 1970. A date
    is its midnight in UTC; so is a time without a zone with `naive_is_utc`, else it
    is none. A time to come is none either, but with `is_plan`.
    """
    value = row.get(key)
    if value in (None, ""):
        return None
    found = _instant(value, f"{key} is {kind(value)}", naive_is_utc=naive_is_utc)
    now = datetime.now(UTC)
    latest = now + (DECADES if is_plan else CLOCKS_DIFFER)
    if found > latest or found < now - DECADES:
        when = "decades away" if abs(found - now) > DECADES else "in the future"
        raise RowError(f"{key} is {kind(value)}, which is {when}")
    return found


def _instant(value: Any, said: str, *, naive_is_utc: bool) -> datetime:
    """The time that a value tells; `said` begins the error's text."""
    no_time = f"{said}, not an ISO 8601 time"
    try:
        if isinstance(value, str):
            value = value.strip()
            if not _EPOCH.fullmatch(value):
                return _from_iso(value, said, naive_is_utc=naive_is_utc)
            value = float(value)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise RowError(no_time)
        return _from_epoch(value)
    except RowError:
        raise
    except (ValueError, OverflowError):
        raise RowError(no_time) from None


def _from_iso(text: str, said: str, *, naive_is_utc: bool) -> datetime:
    zoned, is_utc = _UTC_WORD.subn("+00:00", text)
    parsed = datetime.fromisoformat(zoned)
    if parsed.tzinfo is None:
        if not (naive_is_utc or is_utc or ":" not in text and len(text) <= 10):
            raise RowError(f"{said}, a time without a zone")
        parsed = parsed.replace(tzinfo=UTC)
    return parsed.astimezone(UTC)


def _from_epoch(number: float) -> datetime:
    size = abs(number)
    # Less are seconds of 1970 to 1973: no time, but a count or a year.
    if not 1e8 <= size < math.inf:
        raise ValueError
    per_second = next(unit for limit, unit in _EPOCH_UNITS if size < limit)
    return datetime.fromtimestamp(0, UTC) + timedelta(seconds=number / per_second)


def duration_ms(row: Row, key: str, *, unit_ms: float) -> int | None:
    """A duration in whole milliseconds (half up), None when absent.

    `unit_ms` is how many milliseconds the vendor's number 1 stands for. A wrong clock
    must not bend a median: RowError below zero and beyond a year.
    """
    value = row.get(key)
    if value is None or value == "":
        return None
    if isinstance(value, str):
        number = number_of(value)
        value = value if number is None else number
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise RowError(f"{key} is {kind(value)}, not a duration")
    shown = str(value)[:40]
    if value < 0:
        raise RowError(f"{key} {shown} is below zero")
    # The first half spares float arithmetic a whole number that it cannot hold.
    if value > 2**63 or not value * unit_ms <= LONGEST_MS:
        raise RowError(f"{key} {shown} is impossibly long")
    return int(value * unit_ms + 0.5)


def number_of(text: str) -> float | None:
    """The number that a text can only mean: "1204.5", "1,204.5", "1 204.5"; else None.

    "1,204" and "1.204,5" are numbers here and others there.
    """
    text = text.strip()
    if len(text) > _LONGEST_NUMBER:
        return None
    if any(form.fullmatch(text) for form in _GROUPED_NUMBERS):
        text = _GROUP_SIGN.sub("", text)
    return float(text) if _PLAIN_NUMBER.fullmatch(text) else None
