"""Rows as a Parquet file, made piece by piece: the columns of the CSV, with their types."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import islice
from typing import Any, get_args, get_origin

import pyarrow as pa
import pyarrow.parquet as pq

from dashboard.api.encoding import BATCH, Reader, as_json, columns, withheld
from dashboard.lists import PagePath

# Rows that are held at once, and that a reader can pass over at once; fewer where their
# messages are long.
GROUP = 10_000
GROUP_BYTES = 16_000_000
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
    fields = []
    for name, types in columns(row_type):
        (only,) = types
        fields.append(pa.field(name, _type(name, only)))
    return pa.schema(fields)


def file_of(row_type: type, rows: Iterable[Any], reader: Reader) -> Iterator[bytes]:
    """The whole file in pieces of a row group each; the last holds where they lie, so
    that a file that was cut off opens nowhere.
    """
    schema, sink = schema_of(row_type), _Pieces()
    writer = pq.ParquetWriter(sink, schema, compression="zstd")
    for group in _groups(schema, iter(rows), reader):
        writer.write_table(group, row_group_size=GROUP)
        yield sink.take()
    writer.close()
    yield sink.take()


def _groups(
    schema: pa.Schema, rows: Iterator[Any], reader: Reader
) -> Iterator[pa.Table]:
    """Tables of GROUP rows at most, that end with the batch that fills GROUP_BYTES."""
    held: list[pa.Table] = []
    n_rows = n_bytes = 0
    while batch := list(islice(rows, min(BATCH, GROUP - n_rows))):
        table = _table(schema, batch, reader)
        held.append(table)
        n_rows += len(batch)
        n_bytes += table.nbytes
        if n_rows >= GROUP or n_bytes >= GROUP_BYTES:
            yield _joined(held)
            held, n_rows, n_bytes = [], 0, 0
    if held:
        yield _joined(held)


def _joined(tables: list[pa.Table]) -> pa.Table:
    """One table with one list of words for each column."""
    return pa.concat_tables(tables).unify_dictionaries().combine_chunks()


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


def _type(name: str, hint: Any) -> pa.DataType:
    if get_origin(hint) is tuple:
        inner = _TYPES.get(get_args(hint)[0])
        # What has parts of its own is JSON, as in CSV.
        return pa.string() if inner is None else pa.list_(inner)
    return WORDS if name in FEW_WORDS else _TYPES[hint]
