"""Columns in a file, from which a process reads what it needs without copying it."""

from __future__ import annotations

import json
import mmap
import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from dashboard.column_store.columns import NAMES, ResultColumns

_ALIGNED = 64


def write_columns(path: Path, results: ResultColumns) -> None:
    """Whole or not at all; two may write the same file. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        try:
            file.write(_header(results))
            for name in NAMES:
                file.write(b"\0" * (-file.tell() % _ALIGNED))
                file.write(_narrow(getattr(results, name)).tobytes())
            file.close()
            os.replace(file.name, path)
        except BaseException:
            os.unlink(file.name)
            raise


def read_columns(path: Path) -> ResultColumns | None:
    """None where there is no such file, or none of ours."""
    try:
        with path.open("rb") as file:
            content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        header, _, _ = content[:4096].partition(b"\n")
        said = json.loads(header)
        number, place, arrays = said["results"], len(header) + 1, {}
        for name in NAMES:
            kind = np.dtype(said["kinds"][name])
            place += -place % _ALIGNED
            arrays[name] = np.frombuffer(content, kind, number, place)
            place += number * kind.itemsize
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return ResultColumns(**arrays)


def let_go(results: ResultColumns) -> None:
    """Of columns of a file this process counts no memory until they are looked at again;
    the system keeps them as long as it has room.
    """
    view: Any = results.cases.base
    content = view.obj if isinstance(view, memoryview) else view
    if isinstance(content, mmap.mmap):
        content.madvise(mmap.MADV_DONTNEED)


def _header(results: ResultColumns) -> bytes:
    kinds = {name: _narrow(getattr(results, name)).dtype.str for name in NAMES}
    return json.dumps({"results": len(results), "kinds": kinds}).encode() + b"\n"


def _narrow(values: np.ndarray) -> np.ndarray:
    """The same numbers in as few bytes as hold them all."""
    if values.dtype == np.bool_ or not len(values):
        return values
    lowest, highest = int(values.min()), int(values.max())
    fitting = (np.dtype(kind) for kind in ("i1", "i2", "i4", "i8"))
    return values.astype(
        next(
            kind
            for kind in fitting
            if np.iinfo(kind).min <= lowest and highest <= np.iinfo(kind).max
        )
    )
