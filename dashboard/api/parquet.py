"""Rows as a Parquet file, made piece by piece: the columns of the CSV, with their types."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import is_dataclass
from datetime import datetime
from itertools import islice
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import pyarrow as pa
import pyarrow.parquet as pq

from dashboard.api.encoding import Reader, as_json, withheld
from dashboard.lists import PagePath

# Rows that are held at once, and that a reader can pass over at once.
GROUP = 10_000
# Few words that come again and again are stored once in each group.
WORDS = pa.dictionary(pa.int32(), pa.string())
FEW_WORDS = frozenset(
    {"status", "raw_status", "kind", "detail", "source", "configuration", "branch"}
)
MOMENT = pa.timestamp("us", tz="UTC")
_TYPES: Mapping[Any, pa.DataType] = {
    int: pa.int64(),
    float: pa.float64(),
    bool: pa.bool_(),
    str: pa.string(),
    PagePath: pa.string(),
    datetime: MOMENT,
}


class _Pieces:
    """A file of which what was written is taken away before more is."""

    closed = False

    def __init__(self) -> None:
        self._written: list[bytes] = []
        self._size = 0

    def write(self, data: Any) -> int:
        piece = bytes(data)
        self._written.append(piece)
        self._size += len(piece)
        return len(piece)

    def tell(self) -> int:
        return self._size

    def flush(self) -> None:
        """Nothing waits anywhere."""

    def close(self) -> None:
        self.closed = True

    def take(self) -> bytes:
        taken, self._written = b"".join(self._written), []
        return taken


def schema_of(row_type: type) -> pa.Schema:
    """The columns of a row: nested fields have dotted names, as in CSV."""
    return pa.schema(list(_fields(row_type)))


def file_of(row_type: type, rows: Iterable[Any], reader: Reader) -> Iterator[bytes]:
    """The whole file in pieces of a row group each; the last holds where they lie, so
    that a file that was cut off opens nowhere.
    """
    schema, sink = schema_of(row_type), _Pieces()
    waiting = iter(rows)
    writer = pq.ParquetWriter(sink, schema, compression="zstd")
    while group := list(islice(waiting, GROUP)):
        writer.write_table(_table(schema, group, reader), row_group_size=GROUP)
        yield sink.take()
    writer.close()
    yield sink.take()


def _table(schema: pa.Schema, rows: list[Any], reader: Reader) -> pa.Table:
    row_type: Any = type(rows[0])
    hidden = () if reader.is_signed_in else withheld(row_type)
    columns = []
    for field in schema:
        path = field.name.split(".")
        if path[0] in hidden:
            columns.append(pa.nulls(len(rows), field.type))
            continue
        cells = [_cell(_at(row, path), field.type, reader) for row in rows]
        columns.append(pa.array(cells, field.type))
    return pa.Table.from_arrays(columns, schema=schema)


def _at(row: Any, path: list[str]) -> Any:
    for name in path:
        row = None if row is None else getattr(row, name)
    return row


def _cell(value: Any, kind: pa.DataType, reader: Reader) -> Any:
    if isinstance(value, PagePath):
        return reader.site + value
    if isinstance(value, tuple) and not pa.types.is_list(kind):
        return json.dumps(as_json(value, reader), ensure_ascii=False)
    return str(value) if isinstance(value, str) else value


def _fields(row_type: type, prefix: str = "") -> Iterator[pa.Field]:
    for name, hint in get_type_hints(row_type).items():
        options = [
            one
            for one in (
                get_args(hint) if get_origin(hint) in {Union, UnionType} else (hint,)
            )
            if one is not type(None)
        ]
        (only,) = options
        if isinstance(only, type) and is_dataclass(only):
            yield from _fields(only, f"{prefix}{name}.")
        else:
            yield pa.field(prefix + name, _type(name, only))


def _type(name: str, hint: Any) -> pa.DataType:
    if get_origin(hint) is tuple:
        inner = _TYPES.get(get_args(hint)[0])
        # What has parts of its own is JSON, as in CSV.
        return pa.string() if inner is None else pa.list_(inner)
    return WORDS if name in FEW_WORDS else _TYPES[hint]
