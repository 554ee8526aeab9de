"""Parquet files, opened by what people open them with, hold what the API tells."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pandas
import pyarrow.parquet as pq
import pytest
from django.test import Client

from dashboard.api import parquet
from ingest.contract import Counts
from tests import factories
from tests.dashboard.api.client import every_page, problem
from tests.dashboard.page_reader import logged_in, person
from tests.dashboard.shared import stored_once
from tests.factories import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_redis", "rows")]
NAMES = ["runs", "cases", "results"]
WINDOW = f"since={(NOW - timedelta(days=9)):%Y-%m-%d}"


def make() -> None:
    project = factories.make_project()
    milestone = factories.make_milestone(project)
    for day in range(12):
        run = factories.make_run(
            project,
            started_at=NOW - timedelta(days=day),
            milestones=[milestone],
            source="backend",
            branch="main" if day % 2 else "",
            vendor_counts={"passed": 2} if day % 3 else None,
            duration_ms=None if day % 4 else 61_000,
        )
        factories.make_results(
            run, "PFS", cases=["pays", "=1+1", "späť 😀"], message='a "line"\nand more'
        )
    factories.make_run(project, counts=Counts(passed=3), started_at=NOW)


@pytest.fixture(scope="module")
def stored(request, django_db_setup, django_db_blocker) -> Iterator[None]:
    with stored_once(request, django_db_blocker, make):
        yield


@pytest.fixture
def rows(stored, db, settings, monkeypatch) -> None:
    settings.PUBLIC_READ = True
    # So that a file has several row groups.
    monkeypatch.setattr(parquet, "GROUP", 7)


def exported(name: str, query: str = WINDOW, client: Client | None = None) -> bytes:
    path = f"/api/v1/exports/{name}.parquet?{query}"
    answer = (client or Client()).get(path)
    assert answer.status_code == 200, answer.content
    assert answer.headers["Content-Type"] == "application/vnd.apache.parquet"
    assert f'filename="{name}.parquet"' in answer.headers["Content-Disposition"]
    return b"".join(answer.streaming_content)


def flat(row: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """A row of the API under the names of columns; lists of objects are JSON."""
    found: dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, dict):
            found |= flat(value, f"{prefix}{name}.")
        elif isinstance(value, list) and name in ("fields", "artifacts", "links"):
            found[prefix + name] = json.dumps(value, ensure_ascii=False)
        else:
            found[prefix + name] = value
    return found


def told(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return value


@pytest.mark.parametrize("name", NAMES)
def test_duckdb_reads_the_rows_that_the_api_gives(name, tmp_path: Path):
    client = logged_in(person())
    file = tmp_path / "export.parquet"
    file.write_bytes(exported(name, client=client))
    assert pq.ParquetFile(file).num_row_groups > 1 or name == "cases"
    # By Arrow: its own times would need an extension and another package.
    table = duckdb.connect().sql(f"FROM read_parquet('{file}')").to_arrow_table()
    columns = table.column_names
    ours = [{k: told(v) for k, v in row.items()} for row in table.to_pylist()]
    pages = client.get(f"/api/v1/{name}/?limit=1000&{WINDOW}").json()["results"]
    theirs = [dict.fromkeys(columns) | flat(row) for row in pages]
    for row in theirs:
        row.pop("vendor_counts", None)
    assert len(ours) > 2
    assert ours == theirs


@pytest.mark.parametrize("name", NAMES)
def test_pandas_reads_types_and_not_texts(name):
    frame = pandas.read_parquet(io.BytesIO(exported(name)))
    assert len(frame) == len(every_page(f"{name}/?{WINDOW}"))
    kinds = {column: str(kind) for column, kind in frame.dtypes.items()}
    moments = {"runs": "started_at", "cases": "first_seen_at", "results": "recorded_at"}
    assert kinds[moments[name]] == "datetime64[us, UTC]"
    assert kinds["id"] == "int64"
    if name != "cases":
        assert kinds["status"] == "category"
    if name == "results":
        # What a spreadsheet would run is not changed here: nothing runs it.
        assert "=1+1" in set(frame["case.name"])
        by_status = frame.groupby("status", observed=True).size()
        assert by_status["failed"] == len(
            every_page(f"results/?{WINDOW}&status=failed")
        )


def test_what_strangers_must_not_see_is_null_for_them():
    frame = pandas.read_parquet(io.BytesIO(exported("runs")))
    assert frame["vendor_url"].isna().all()


def test_a_file_without_rows_has_its_columns():
    frame = pandas.read_parquet(io.BytesIO(exported("runs", "q=nothing")))
    assert len(frame) == 0
    assert {"id", "started_at", "counts.passed", "milestones"} <= {*frame.columns}


@pytest.mark.parametrize(
    "query", ["colour=red", "format=csv", "limit=5", "window=x", "cursor=a", "q=%00"]
)
def test_what_is_wrong_is_told_before_the_first_byte(query):
    assert list(problem(f"exports/runs.parquet?{query}")) == [query.partition("=")[0]]


def test_a_file_that_broke_off_opens_nowhere(monkeypatch):
    whole = exported("results")
    with pytest.raises(Exception, match=r"(?i)parquet|magic|footer"):
        pandas.read_parquet(io.BytesIO(whole[:-100]))


def test_memory_does_not_grow_with_the_rows():
    """Only one row group is held: what was yielded before is gone from the sink."""
    sizes = [len(piece) for piece in _pieces("results")]
    assert len(sizes) > 4
    assert max(sizes[:-1]) < 4 * min(sizes[:-1])


def test_long_messages_make_shorter_groups(monkeypatch):
    monkeypatch.setattr(parquet, "GROUP", 10_000)
    monkeypatch.setattr(parquet, "BATCH", 2)
    whole = pq.ParquetFile(io.BytesIO(exported("results")))
    assert whole.num_row_groups == 1
    monkeypatch.setattr(parquet, "GROUP_BYTES", 1)
    parts = pq.ParquetFile(io.BytesIO(exported("results")))
    sizes = [parts.metadata.row_group(n).num_rows for n in range(parts.num_row_groups)]
    assert {*sizes[:-1]} == {2}
    assert parts.read().to_pylist() == whole.read().to_pylist()


def _pieces(name: str) -> Iterator[bytes]:
    answer = Client().get(f"/api/v1/exports/{name}.parquet")
    yield from answer.streaming_content
