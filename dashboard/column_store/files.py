"""Columns in a file, from which a process reads what it needs without copying it."""

from __future__ import annotations

import json
import mmap
import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from dashboard.column_store.columns import NAMES, MonthColumns, ResultColumns
from dashboard.column_store.numbers import narrow

_ALIGNED = 64
# Beside the columns of the results.
_RUNS, _STAMPS = "of runs", "stamps of runs"


def write_columns(path: Path, month: MonthColumns) -> None:
    """Whole or not at all; two may write the same file. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    arrays = {name: narrow(array) for name, array in _arrays(month).items()}
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        try:
            file.write(_header(arrays))
            for array in arrays.values():
                file.write(b"\0" * (-file.tell() % _ALIGNED))
                file.write(array.tobytes())
            file.close()
            os.replace(file.name, path)
        except BaseException:
            os.unlink(file.name)
            raise


def read_columns(path: Path) -> MonthColumns | None:
    """None where there is no such file, or none of ours."""
    try:
        with path.open("rb") as file:
            content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        header, _, _ = content[:4096].partition(b"\n")
        place, arrays = len(header) + 1, {}
        for name, (text, number) in json.loads(header).items():
            kind = np.dtype(text)
            place += -place % _ALIGNED
            arrays[name] = np.frombuffer(content, kind, number, place)
            place += number * kind.itemsize
        return MonthColumns(
            results=ResultColumns(**{name: arrays[name] for name in NAMES}),
            runs=arrays[_RUNS],
            stamps=arrays[_STAMPS],
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def let_go(results: ResultColumns) -> None:
    """Of columns of a file this process counts no memory until they are looked at again;
    the system keeps them as long as it has room.
    """
    view: Any = results.cases.base
    content = view.obj if isinstance(view, memoryview) else view
    if isinstance(content, mmap.mmap):
        content.madvise(mmap.MADV_DONTNEED)


def _arrays(month: MonthColumns) -> dict[str, np.ndarray]:
    columns = {name: getattr(month.results, name) for name in NAMES}
    return {**columns, _RUNS: month.runs, _STAMPS: month.stamps}


def _header(arrays: dict[str, np.ndarray]) -> bytes:
    """The kind and length of each."""
    said = {name: [array.dtype.str, len(array)] for name, array in arrays.items()}
    return json.dumps(said).encode() + b"\n"
