"""What the tests of a result's page share: results that were pushed, and their pages."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from ingest.contract import ResultRecord, RunRecord, RunStatus
from ingest.details import Details
from ingest.intake.projects import create_project
from ingest.intake.runs import append_results, open_run, open_thread
from ingest.models import Project, Run, Thread
from ingest.models.results import ORDINALS
from tests.clock import now
from tests.ingest.records import a_result

MINUTE = timedelta(minutes=1)
TRACE = "TimeoutError: no frame\n" + "\n".join(
    f"    at step{n} (a.ts)" for n in range(40)
)


def pushed_run(
    project: Project | None = None,
    *,
    started_at: datetime | None = None,
    details: Details | None = None,
    **values: Any,
) -> Run:
    record = RunRecord(
        external_id="",
        name="Nightly",
        status=RunStatus.RUNNING,
        started_at=started_at or now() - 60 * MINUTE,
        **values,
    )
    project = project or Project.objects.first() or create_project("Shop")
    return open_run(project, record, format="testmo", details=details)


def push(run: Run, *results: ResultRecord, thread: Thread | None = None) -> None:
    append_results(run.pk, list(results), thread_id=thread.pk if thread else None)


def page_of(run: Run, ordinal: int = 0) -> str:
    return f"/results/{run.pk * ORDINALS + ordinal}/"


def with_details(details: Details, sign: str = "F") -> str:
    """The address of a result that has these."""
    run = pushed_run()
    push(run, a_result("a", sign, details=details))
    return page_of(run)


def a_thread(run: Run, name: str = "thread 4") -> Thread:
    return open_thread(run.pk, name=name)
