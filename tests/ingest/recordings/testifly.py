"""Testifly's answers, written by hand from its Test Execution API page."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from tests.ingest.recordings import Reading, Recording, results_of
from tests.ingest.records import read_runs
from tests.ingest.wire import Answer

PROJECT = "67f8cb3fe236b8d41b7700ac"
JOBS = f"/api/jobs/{PROJECT}"


def jobs(
    *rows: Any, asked: list[str] | None = None, missing: list[str] | None = None
) -> Answer:
    """The answer about jobs: those of the last month, or those `asked` for."""
    return Answer(
        method="POST",
        path=JOBS,
        request_body={} if asked is None else {"jobIds": asked},
        body={"success": True, "jobs": [*rows], "missingJobIds": missing or []},
    )


def job(job_id: str = "job1", run_id: str | None = "run1", **more: Any) -> Any:
    """A job; without `run_id` it has not come to a run."""
    run = {} if run_id is None else {"testRunId": run_id}
    return {
        "jobId": job_id,
        "status": "Success",
        "updatedAt": "2026-04-20T10:15:30.000Z",
        **run,
    } | more


def report(run_id: str = "run1", *tests: Any, **more: Any) -> Answer:
    body = {
        "runId": run_id,
        "projectId": PROJECT,
        "status": "Completed",
        "startTime": "2026-04-20T10:15:31.000Z",
        "testsInProjectCount": 24,
        "title": "Regression run",
        "statuses": [{"label": "Passed", "count": 18}, {"label": "Failed", "count": 2}],
        "tests": [*tests],
    } | more
    return Answer(path=f"/api/testRun/{PROJECT}/{run_id}", body=body)


def execution(**more: Any) -> dict[str, Any]:
    return {
        "_id": "6804f1f1d2d4e0a1c1a0d789",
        "title": "Login works for valid users",
        "status": "Passed",
        "duration": 1240,
        "hasVideo": True,
        "videoLink": "https://example.com/videos/run-1",
        "startTime": "2026-04-20T10:15:40.000Z",
        "timeline": [],
    } | more


NEWER = job("job2", "run2", updatedAt="2026-04-22T10:15:30.000Z")
OLDER = job("job1", "run1")
SINCE_AT = datetime(2026, 4, 21, tzinfo=UTC)

RECORDING = Recording(
    vendor="testifly",
    project=PROJECT,
    settings={"project": PROJECT},
    check=(jobs(OLDER),),
    refused=(jobs().but(status=401, body={"message": "Invalid API key"}),),
    walk=(jobs(OLDER), report("run1", execution(error="Timed out"))),
    paged=Reading(
        call=lambda testifly: read_runs(testifly, PROJECT),
        before=(jobs(OLDER, NEWER),),
        answers=(report("run2"), report("run1")),
        ids=("run2", "run1"),
    ),
    unpaged="Jobs and reports come whole, whatever their number.",
    since=Reading(
        call=lambda testifly: read_runs(testifly, PROJECT, since=SINCE_AT),
        answers=(
            jobs(OLDER, NEWER),
            report("run2", startTime="2026-04-22T10:15:31.000Z"),
        ),
        ids=("run2",),
    ),
    since_at=SINCE_AT,
    unknown_status=Reading(
        call=lambda testifly: results_of(testifly, PROJECT, "run1"),
        answers=(report("run1", execution(status="Quarantined")),),
    ),
    unknown_word="Quarantined",
    missing_key=Reading(
        call=lambda testifly: results_of(testifly, PROJECT, "run1"),
        answers=(report("run1", execution(title=None)),),
    ),
    missing_name="title",
)
