"""Every page that a person can open, by name, with the address of a telling example."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from django.db.models import Count

from dashboard.metrics.run_before import previous_run
from ingest import masking
from ingest.contract import Status
from ingest.models import (
    Case,
    Connection,
    MilestoneMember,
    Project,
    ResultText,
    Run,
    RunDetails,
    StartedRun,
)
from ingest.models.results import ORDINALS, STATUS_CODES
from ingest.models.started import StartKind, StartState
from tests import clock

# Pages of the site that has data, for a person who is logged in.
NAMES = (
    "overview",
    "project",
    "project-settings",
    "project-tests",
    "start",
    "new-test",
    "started",
    "started-lost",
    "runs",
    "run",
    "run-open",
    "run-counts",
    "results",
    "result",
    "failures",
    "flaky",
    "flaky-narrowed",
    "cases-slow",
    "compare",
    "cases",
    "case",
    "milestones",
    "milestone",
    "search",
    "standup",
    "tv",
    "embeds",
    "cases-turned",
    "sync",
    "sync-history",
    "sync-rejects",
    "sync-unknown",
    "connect",
    "connect-change",
    "not-found",
    "api-docs",
    "api-metrics",
)
# Pages of a site that has nothing yet, and for somebody who is not logged in.
NAMES_EMPTY = ("setup", "first-overview", "first-sync", "first-standup")
NAMES_OUTSIDE = ("login", *NAMES_EMPTY)
ALL = (*NAMES, *NAMES_OUTSIDE)
WITH_CHART = ("overview", "project")


@dataclass(frozen=True)
class Found:
    """Addresses by page name, and ids of what they show."""

    addresses: dict[str, str]
    run: int
    project: int


def found_pages() -> Found:
    """Examples in the database in use: a failed run with lanes and one before it, …"""
    runs = Run.objects.order_by("-started_at")
    lanes = runs.filter(status="failed", detail="rows", thread_count__gt=2)
    ended = lanes.filter(finished_at__isnull=False)
    run = next(run for run in ended if previous_run(run))
    failed = run.results.filter(status=STATUS_CODES[Status.FAILED], is_final=True)
    failed = failed.order_by("ordinal")
    _attach(run, failed[0].ordinal)
    member = MilestoneMember.objects.annotate(n=Count("runmilestone")).latest("n")
    connection = Connection.objects.order_by("pk")[0]
    lab = Project.objects.filter(connection__vendor="qatech")[0]
    return Found(
        run=run.pk,
        project=run.project_id,
        addresses={
            "overview": "/",
            "project": f"/projects/{run.project_id}/",
            "project-settings": f"/projects/{run.project_id}/settings/",
            "project-tests": _open_folder(failed[0].case),
            "start": f"/projects/{lab.pk}/start/?addresses=1",
            "new-test": f"/projects/{lab.pk}/new-test/",
            "started": f"/started/{_started(lab, StartState.ACCEPTED)}/",
            "started-lost": f"/started/{_started(lab, StartState.LOST)}/",
            "runs": "/runs/",
            "run": f"/runs/{run.pk}/",
            "run-open": f"/runs/{runs.filter(status='running')[0].pk}/",
            "run-counts": f"/runs/{runs.filter(detail='counts')[0].pk}/",
            "results": "/results/",
            "result": f"/results/{run.pk * ORDINALS + failed[0].ordinal}/",
            "failures": "/failures/",
            "flaky": "/flaky/?window=90d",
            "flaky-narrowed": "/flaky/?state=settled&min_rate=0.05",
            "cases-slow": "/cases/?view=slow",
            "compare": f"/compare/?head={run.pk}",
            "cases": "/cases/",
            "case": f"/cases/{failed[0].case_id}/",
            "milestones": "/milestones/",
            "milestone": f"/milestones/{member.milestone_id}/",
            "search": "/search/?q=payment",
            "standup": "/standup/",
            "tv": "/standup/?view=tv",
            "embeds": "/embeds/",
            "cases-turned": "/cases/?view=fixed&window=7d",
            "sync": "/sync/",
            "sync-history": "/sync/history/",
            "sync-rejects": "/sync/rejects/",
            "sync-unknown": "/sync/unknown/",
            "connect": "/connect/",
            "connect-change": f"/connect/?connection={connection.pk}",
            "not-found": "/projects/999999/",
            "api-docs": "/api/docs/",
            "api-metrics": "/api/docs/metrics/",
            "login": "/login/",
            "setup": "/setup/?token=a-token-for-the-first-user",
            "first-overview": "/",
            "first-sync": "/sync/",
            "first-standup": "/standup/",
        },
    )


def _open_folder(case: Case) -> str:
    """The tests of its project, with the folder around its own one open."""
    folder = case.folder.rpartition(" / ")[0] or case.folder
    return f"/projects/{case.project_id}/tests/?{urlencode({'folder': folder})}"


def _started(project: Project, state: StartState) -> int:
    """One with long values, and a sentence that says why there is no run."""
    now = clock.now()
    row = StartedRun.objects.create(
        connection=project.connection,
        project=project,
        kind=StartKind.START,
        by="mara",
        state=state,
        values={"testCaseIds": ["c" * 60] * 9, "applicationShortId": "app_" + "x" * 90},
        handle="job-" * 30,
        sentence="The tool waits for an agent to connect: start the agent. " * 3,
        vendor_url=f"https://app.example/{'long-name-' * 12}",
        asked_at=now,
        accepted_at=now,
    )
    return row.pk


def _attach(run: Run, ordinal: int) -> None:
    """Everything that can be attached, to a run and to one result of it."""
    url = f"https://files.example/{'long-name-' * 12}"
    link = {"name": "trace-" * 30, "url": url, "note": "of the run that failed " * 6}
    console = "\x1b[31mred\x1b[42mon green\x1b[0m \x1b[2mdim\x1b[0m " + "wide" * 90
    html = "<h1>Report</h1><table><tr>" + "<td>a cell</td>" * 30 + "</tr></table>"
    values = enumerate(["short", "two\nlines", html, console, url], 1)
    fields = [
        {"type": kind, "name": f"field{kind}", "value": value, "meta": {"a": "b" * 99}}
        for kind, value in values
    ]
    step = {"title": "fills the card", "duration_ms": 1500, "error": "no frame " * 20}
    steps = [{"title": "pays " * 40, "steps": [{**step, "steps": [step]}]}, step]
    files = [{**link, "mime_type": "image/png", "size": 2048}] * 2
    message = "TimeoutError: " + "a stack of lines\n" * 60
    details = {"tags": ["nightly"] * 30, "fields": fields, "artifacts": files}
    RunDetails.objects.create(run=run, values={**details, "links": [link] * 3})
    ResultText.objects.update_or_create(
        project_id=run.project_id,
        partition_on=run.partition_on,
        run_id=run.pk,
        ordinal=ordinal,
        defaults={
            "message": message,
            "signature": masking.signature(message),
            "masking": masking.VERSION,
            "details": {**details, "links": [link], "steps": steps}
            | {"meta": {"browser": "x" * 300}, "file": "a/" * 90, "line": 3},
        },
    )
