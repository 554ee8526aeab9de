"""A Testomat.io connector on a recorded wire, and short ways to one record of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from ingest.connectors.testomatio import ConnectorForTestomatio
from ingest.contract import (
    ConnectionConfig,
    RunRecord,
)
from tests import clock
from tests.ingest.recordings.testomatio import (
    PROJECT,
    RUN,
    TOKEN,
    TREE,
    V2,
    classic_page,
    classic_run,
    classic_runs,
    classic_testruns,
    log_in,
    v2_page,
    v2_testrun,
)
from tests.ingest.wire import Answer, Wire

PASSWORD = {"email": "qa@example.com", "password": "pa55-w0rd"}
DENIED = {"status": 403, "body": {"error": "read only"}}
LISTED = RunRecord(external_id=RUN, name="Nightly", vendor_url="https://there/runs/1")


def connect(
    wire: Wire,
    *,
    secrets: dict[str, str] | None = None,
    memory: dict[str, Any] | None = None,
    prefix: str = "",
    **settings: str,
) -> ConnectorForTestomatio:
    config = ConnectionConfig(
        base_url=wire.url + prefix,
        settings=settings,
        secrets={"token": TOKEN} if secrets is None else secrets,
        memory={} if memory is None else memory,
        allow_private_urls=True,
    )
    return ConnectorForTestomatio.connect(config)


def classic(wire: Wire, **settings: str) -> ConnectorForTestomatio:
    """A connector of the classic API; its log-in is recorded."""
    wire.serve(log_in())
    return connect(wire, api="classic", **settings)


def one_classic_run(wire: Wire, *more: Answer, **attributes: Any) -> Any:
    wire.serve(classic_runs([classic_run(**attributes)]), *more)
    (run,) = classic(wire).runs(PROJECT)
    return run


def one_v2_run(wire: Wire, row: dict[str, Any], **settings: str) -> Any:
    wire.serve(v2_page("runs", [row]))
    (run,) = connect(wire, api="v2", **settings).runs(PROJECT)
    return run


def v2_results(wire: Wire, *rows: Any, tree: Any = TREE) -> list[Any]:
    wire.serve(v2_page("testruns", list(rows), run_id=RUN), v2_page("suites", tree))
    # Asked for examples, unless the test has served its own before.
    wire.serve(log_in(), classic_testruns([]), must_be_used=False)
    return list(connect(wire, api="v2").results(PROJECT, LISTED))


def one_v2_result(wire: Wire, **more: Any) -> Any:
    (result,) = v2_results(wire, v2_testrun(**more))
    return result


def classic_suites(*rows: Any) -> Answer:
    return classic_page("suites", list(rows))


def probe(**answer: Any) -> Answer:
    """The request that finds out whether v2 reads the project."""
    body = {"data": [], "meta": {"total": 0, "page": 1, "per_page": 1}}
    query = {"page": "1", "per_page": "1"}
    return Answer(path=f"{V2}/runs", query=query, body=body).but(**answer)


def days_ago(days: int) -> str:
    return (clock.now() - timedelta(days=days)).isoformat()
