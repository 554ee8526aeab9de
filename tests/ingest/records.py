"""Records as a connector would give them, with defaults that a test may replace."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from ingest.contract import (
    Connector,
    ListedRun,
    Reject,
    ResultRecord,
    RunRecord,
    RunStatus,
    Status,
)
from ingest.models import Connection, Project
from ingest.upsert import Batch

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
STATUS_OF_SIGN = {
    "P": Status.PASSED,
    "F": Status.FAILED,
    "E": Status.ERROR,
    "S": Status.SKIPPED,
    "B": Status.BLOCKED,
    "U": Status.UNTESTED,
    "R": Status.RUNNING,
    "?": Status.UNKNOWN,
}


def a_project(name: str = "Checkout", **connection_values: Any) -> Project:
    values = {"vendor": "testmo", "base_url": "http://127.0.0.1:1"} | connection_values
    connection = Connection.objects.create(name=f"{name} connection", **values)
    return Project.objects.create(connection=connection, external_id=name, name=name)


def a_run(external_id: str = "1", **values: Any) -> RunRecord:
    defaults: dict[str, Any] = {
        "name": f"Nightly {external_id}",
        "status": RunStatus.PASSED,
        "started_at": NOON,
        "finished_at": NOON + timedelta(minutes=10),
    }
    return RunRecord(external_id=external_id, **(defaults | values))


def a_result(key: str = "login", sign: str = "P", **values: Any) -> ResultRecord:
    defaults: dict[str, Any] = {
        "name": f"{key} works",
        "folder": "Accounts",
        "raw_status": STATUS_OF_SIGN[sign].value,
        "executed_at": NOON + timedelta(minutes=1),
        "duration_ms": 1200,
    }
    return ResultRecord(key=key, status=STATUS_OF_SIGN[sign], **(defaults | values))


def results(signs: str) -> list[ResultRecord]:
    """A result of its own case for each sign: "PPF" gives case-0, case-1, case-2."""
    return [a_result(f"case-{n}", sign) for n, sign in enumerate(signs)]


def a_batch(signs: str = "", *, rows: Any = None, **run_values: Any) -> Batch:
    return Batch(
        record=a_run(**run_values), results=results(signs) if rows is None else rows
    )


def read_runs(
    connector: Connector, project: str, **window: Any
) -> Iterator[RunRecord | Reject]:
    """The runs as a sync reads them: one that is only listed is asked for by its id."""
    for item in connector.runs(project, **window):
        if not isinstance(item, ListedRun):
            yield item
        elif (run := connector.run(project, item.external_id)) is not None:
            yield run
