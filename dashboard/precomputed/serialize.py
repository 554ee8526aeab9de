"""Frozen figures as JSON, and back into the same figures."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from functools import cache
from hashlib import sha256
from types import NoneType, UnionType
from typing import Any, Literal, Union, cast, get_args, get_origin, get_type_hints

import numpy as np

Read = Callable[[Any], Any]
# What JSON gives back as it was.
PLAIN = frozenset({int, float, str, bool})


def serialize(value: Any) -> Any:
    """What JSON can hold: dataclasses as lists of their fields, mappings as pairs."""
    write = _writer(type(value))  # type: ignore[arg-type] # a class is hashable
    return value if write is None else write(value)


@cache
def _writer(kind: type) -> Callable[[Any], Any] | None:
    """How a value of `kind` becomes JSON, worked out once for each type; None: as it is."""
    if issubclass(kind, np.ndarray):
        return lambda value: value.tolist()
    if issubclass(kind, date):
        return lambda value: value.isoformat()
    if is_dataclass(kind):
        names = [field.name for field in fields(kind)]
        return lambda value: [serialize(getattr(value, name)) for name in names]
    if issubclass(kind, Mapping):
        return lambda value: [[serialize(k), serialize(v)] for k, v in value.items()]
    if issubclass(kind, Collection) and not issubclass(kind, str):
        return lambda value: [serialize(item) for item in value]
    return None


def deserialize(kind: Any, value: Any) -> Any:
    """The value of this type that `packed` made the JSON from."""
    return _reader(kind)(value)


@cache
def schema_hash(kind: Any) -> str:
    """Of the fields of a type, to tell values that an earlier program kept from its own."""
    return sha256(_schema(kind).encode()).hexdigest()[:16]


def _schema(kind: Any) -> str:
    parts = [_schema(inner) for inner in get_args(kind)]
    if is_dataclass(kind) and isinstance(kind, type):
        hints = get_type_hints(kind)
        parts += [
            f"{field.name}:{_schema(hints[field.name])}" for field in fields(kind)
        ]
    name = getattr(get_origin(kind) or kind, "__name__", str(kind))
    return f"{name}({','.join(parts)})"


@cache
def _reader(kind: Any) -> Read:
    """How JSON becomes a value of `kind`, worked out once for each type."""
    origin, inner = get_origin(kind) or kind, get_args(kind)
    if is_dataclass(kind) and isinstance(kind, type):
        return _dataclass(kind)
    if origin is np.ndarray:
        return _array(inner)
    if origin in {Union, UnionType}:
        return _optional(inner)
    if origin is Literal or kind in PLAIN:
        return _same
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind
    if kind in {datetime, date}:
        return cast(Read, kind.fromisoformat)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return _mapping(*map(_reader, inner))
    if origin is tuple and Ellipsis not in inner:
        return _places(list(map(_reader, inner)))
    if isinstance(origin, type) and issubclass(origin, Collection):
        return _collection(origin, _reader(inner[0]))
    raise TypeError(f"{kind} cannot be kept")


def _same(value: Any) -> Any:
    return value


def _array(inner: Sequence[Any]) -> Read:
    """Of whole numbers, unless its type says otherwise."""
    dtype = get_args(inner[1])[0] if inner else np.int64
    return lambda values: np.asarray(values, dtype=dtype)


def _dataclass(kind: Any) -> Read:
    hints = get_type_hints(kind)
    names = [field.name for field in fields(kind)]
    readers = [(n, _reader(hints[name])) for n, name in enumerate(names)]
    changed = [(n, read) for n, read in readers if read is not _same]

    def read(values: list[Any]) -> Any:
        for n, read_one in changed:
            values[n] = read_one(values[n])
        return kind(**dict(zip(names, values, strict=True)))

    return read


def _places(readers: Sequence[Read]) -> Read:
    """A tuple that has a type of its own in each place."""
    return lambda values: tuple(
        read(value) for read, value in zip(readers, values, strict=True)
    )


def _optional(kinds: Sequence[Any]) -> Read:
    if {*kinds} <= {*PLAIN, NoneType}:
        return _same
    (kind,) = (kind for kind in kinds if kind is not NoneType)
    read = _reader(kind)
    if read is _same:
        return _same
    return lambda value: None if value is None else read(value)


def _mapping(key: Read, item: Read) -> Read:
    return lambda pairs: {key(k): item(v) for k, v in pairs}


def _collection(origin: type, read: Read) -> Read:
    make: Callable[[Any], Any] = (
        origin if origin in {tuple, frozenset, set, list} else tuple
    )
    return lambda values: make(map(read, values))
