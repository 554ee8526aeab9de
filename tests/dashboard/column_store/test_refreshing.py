"""The files are there before anybody asks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dashboard.column_store import refreshing
from tests import factories


@pytest.mark.django_db(transaction=True)
def test_files_of_the_newest_months_are_written(tmp_path: Path, settings: Any) -> None:
    settings.DATA_DIR = tmp_path
    factories.make_results(factories.make_run(), "PF")
    refreshing.refresh()
    assert len([*(tmp_path / "columns").rglob("20??-??-*")]) == 1


def test_one_process_of_a_machine_does_it(tmp_path: Path, settings: Any) -> None:
    settings.DATA_DIR = tmp_path
    with refreshing._alone() as first, refreshing._alone() as second:
        assert (first, second) == (True, False)
    with refreshing._alone() as next_one:
        assert next_one
