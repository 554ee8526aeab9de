"""Frozen rows as JSON, CSV and NDJSON: one shape, said by the row's dataclass."""

from __future__ import annotations

import csv
import json
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, datetime
from functools import cache
from itertools import islice
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from dashboard.api.csv_names import name_column
from dashboard.lists import PagePath
from dashboard.readers import SignedInOnly
from dashboard.waiting_client import WaitingClient

# A spreadsheet would take a text that begins so for a formula, some also after what they
# trim or do not show: quotes, spaces, controls, byte order marks, combining marks.
FORMULA_SIGNS = frozenset("=+-@\N{MINUS SIGN}")
CELL_ENDS = ("\t", "\r", "\n")
QUOTES = frozenset("\"'`´‘’“”„«»")
PASSED_OVER = frozenset({"Cc", "Cf", "Zs", "Zl", "Zp", "Mn", "Me"})

BYTE_ORDER_MARK = "\ufeff"
# Lines that are sent, and whose names are looked up, together.
BATCH = 100

# Most values of a row are these: asking first makes a stream a fifth faster.
PLAIN = frozenset({int, str, bool, float, type(None)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Who asks: strangers get null in fields marked ForSignedIn. `site` is the scheme
    and host that they asked, "https://passline.example".
    """

    site: str
    is_signed_in: bool


def as_json(value: Any, reader: Reader) -> Any:
    """Dataclasses as objects, times as ISO 8601 with Z, our pages as whole addresses."""
    return value if type(value) in PLAIN else _encoder(value.__class__)(value, reader)


@cache
def _encoder(kind: type) -> Callable[[Any, Reader], Any]:
    """How all values of one type are written: to find that out takes longest."""
    if is_dataclass(kind):
        return _object
    if issubclass(kind, PagePath):
        return lambda path, reader: reader.site + path
    if issubclass(kind, datetime):
        return lambda moment, _: iso(moment)
    if issubclass(kind, Mapping):
        return lambda pairs, reader: {
            str(key): as_json(item, reader) for key, item in pairs.items()
        }
    if issubclass(kind, list | tuple):
        return lambda items, reader: [as_json(item, reader) for item in items]
    if issubclass(kind, str):
        return lambda text, _: str(text)
    return lambda other, _: other


def _object(row: Any, reader: Reader) -> dict[str, Any]:
    found = {
        name: value
        if type(value := getattr(row, name)) in PLAIN
        else as_json(value, reader)
        for name in _names(row.__class__)
    }
    if not reader.is_signed_in:
        found |= dict.fromkeys(withheld(row.__class__))
    return found


def iso(moment: datetime) -> str:
    # Those of the database are in UTC, and a thousand rows have two thousand of them.
    utc = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    return utc.isoformat().replace("+00:00", "Z")


def ndjson_lines(rows: Iterable[Any], reader: Reader) -> Iterator[str]:
    for row in rows:
        yield json.dumps(as_json(row, reader), ensure_ascii=False) + "\n"


def csv_lines(row_type: type, rows: Iterable[Any], reader: Reader) -> Iterator[str]:
    """A header and a line a row. Nested fields have dotted names, lists are separated
    by spaces; beside ids stand names. A text that a spreadsheet would run as a formula
    gets an apostrophe.
    """
    names = [name for name, _ in columns(row_type)]
    beside = [name_column(name) for name in names]
    writer = csv.writer(_Echo())
    header = [
        title
        for name, named in zip(names, beside, strict=True)
        for title in ((name, named.name) if named else (name,))
    ]
    # Without the mark Excel takes the text for one of its country's code page.
    yield BYTE_ORDER_MARK + writer.writerow(header)
    paths = [name.split(".") for name in names]
    waiting = iter(rows)
    while batch := list(islice(waiting, BATCH)):
        encoded = [as_json(row, reader) for row in batch]
        filled: list[Sequence[Any]] = []
        for path, named in zip(paths, beside, strict=True):
            cells = [_at(row, path) for row in encoded]
            filled += [cells, named.names(cells)] if named else [cells]
        for line in zip(*filled, strict=True):
            yield writer.writerow([_cell(cell) for cell in line])


def chunks(lines: Iterable[str], broken: str, client: WaitingClient) -> Iterator[str]:
    """Lines by the hundred: each piece that is sent costs a call of its own.

    A list that fails ends with the line `broken`, and with the error, so that the server
    hangs up without the mark that ends a whole one.
    """
    waiting = iter(lines)
    try:
        while chunk := "".join(islice(waiting, BATCH)):
            yield chunk
    except Exception:
        if client.is_gone:
            return
        yield broken
        raise


class _Echo:
    """A file whose write gives the text back, so that the writer's rows can be sent."""

    def write(self, text: str) -> str:
        return text


def columns(row_type: type, prefix: str = "") -> Iterator[tuple[str, list[Any]]]:
    """The columns of a row by name, each with what it may be besides null: fixed by the
    row's type, so that null parts have theirs too.
    """
    for name, hint in get_type_hints(row_type).items():
        is_choice = get_origin(hint) in {Union, UnionType}
        options = get_args(hint) if is_choice else (hint,)
        types = [option for option in options if option is not type(None)]
        parts = [o for o in types if isinstance(o, type) and is_dataclass(o)]
        if parts:
            yield from columns(parts[0], f"{prefix}{name}.")
        else:
            yield prefix + name, types


def _at(encoded: Any, path: Iterable[str]) -> Any:
    for name in path:
        encoded = None if encoded is None else encoded[name]
    return encoded


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list) and not any(isinstance(v, dict) for v in value):
        value = " ".join(map(str, value))
    elif isinstance(value, list | dict):
        value = json.dumps(value, ensure_ascii=False)
    return f"'{value}" if isinstance(value, str) and _may_run(value) else value


def _may_run(text: str) -> bool:
    """Whether a spreadsheet could take the text for a formula, or for another cell."""
    if text.startswith(CELL_ENDS):
        return True
    for sign in text:
        # Full-width and small signs are those of ASCII to a spreadsheet.
        if unicodedata.normalize("NFKC", sign) in FORMULA_SIGNS:
            return True
        if sign not in QUOTES and unicodedata.category(sign) not in PASSED_OVER:
            return False
    return False


@cache
def _names(row_type: type) -> tuple[str, ...]:
    return tuple(field.name for field in fields(row_type))


@cache
def withheld(row_type: type) -> tuple[str, ...]:
    """The fields of a row that are null for strangers."""
    hints = get_type_hints(row_type, include_extras=True)
    return tuple(
        name
        for name, hint in hints.items()
        if SignedInOnly in getattr(hint, "__metadata__", ())
    )
