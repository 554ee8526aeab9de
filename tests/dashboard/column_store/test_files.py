"""Columns come back from a file as they were, and only whole."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dashboard.column_store.columns import NAMES, MonthColumns, ResultColumns, joined
from dashboard.column_store.files import read_columns, write_columns

LARGEST = {"cases": 2**40, "durations_ms": 2**33, "times": 2**52, "attempts": 300}


def columns(number: int) -> MonthColumns:
    numbers = {
        name: np.arange(number, dtype=np.int64) + LARGEST.get(name, 1) for name in NAMES
    }
    numbers["durations_ms"][:1] = -1
    truths = {name: numbers[name] % 2 == 0 for name in ("is_final", "is_marked_retry")}
    return MonthColumns(
        results=ResultColumns(**{**numbers, **truths}),
        runs=np.arange(number // 10, dtype=np.int64),
        stamps=np.arange(number // 10, dtype=np.int64) - 2**62,
    )


@pytest.mark.parametrize("number", [0, 1, 1000])
def test_columns_come_back(tmp_path: Path, number: int) -> None:
    file, written = tmp_path / "project" / "month", columns(number)
    write_columns(file, written)
    read = read_columns(file)
    assert read is not None
    for name in NAMES:
        assert (
            getattr(read.results, name).tolist()
            == getattr(written.results, name).tolist()
        )
    assert read.runs.tolist() == written.runs.tolist()
    assert read.stamps.tolist() == written.stamps.tolist()
    assert [path.name for path in file.parent.iterdir()] == ["month"]


def test_small_numbers_take_few_bytes(tmp_path: Path) -> None:
    write_columns(tmp_path / "month", columns(1000))
    read = read_columns(tmp_path / "month")
    assert read is not None
    assert read.results.runs.itemsize == 2
    assert read.results.cases.itemsize == 8


@pytest.mark.parametrize(
    "content", [b"", b"\n", b"{}\n", b"[1]\n", b'{"cases": ["<i8", 9]}\n']
)
def test_what_is_no_file_of_ours_is_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "month").write_bytes(content)
    assert read_columns(tmp_path / "month") is None


def test_a_file_that_is_cut_off_is_none(tmp_path: Path) -> None:
    write_columns(tmp_path / "month", columns(1000))
    content = (tmp_path / "month").read_bytes()
    (tmp_path / "month").write_bytes(content[:-1])
    assert read_columns(tmp_path / "month") is None
    assert read_columns(tmp_path / "nothing") is None


def test_nothing_joined_is_nothing() -> None:
    assert len(joined([])) == 0
    assert joined([]).is_final.dtype == bool
