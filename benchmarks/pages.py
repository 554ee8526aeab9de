"""Server time, queries and bytes of each page on what the sync benchmark stored."""

from __future__ import annotations

import gzip
import statistics
import time
from unittest.mock import patch

from django.core.cache import cache
from django.core.management import call_command
from django.db import connection, reset_queries
from django.http import HttpResponse
from django.test import Client

from benchmarks.table import show
from dashboard import kept_answers, unchanged
from dashboard.precomputed.cached import READ
from dashboard.tasks import refresh_standard_figures

ROUNDS = 21


def run() -> None:
    """Ask for each page ROUNDS times in this process, through all the middleware."""
    client = ready_client()
    show(
        f"Pages in ms, of {ROUNDS} each (first: the cache was just emptied; made: the page "
        "anew of figures that are kept; again: the page within its minute)",
        ("page", "status", "queries", "first", "made", "again", "p95", "kB gzipped"),
        [_measured(client, path) for path in paths()],
    )


def ready_client() -> Client:
    """A stranger who may read everything, asking a process that has just begun."""
    from django.conf import settings

    from dashboard.gunicorn import post_worker_init

    settings.PUBLIC_READ = True
    # As a served process begins.
    post_worker_init(None)
    call_command("collectstatic", interactive=False, verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return Client(HTTP_HOST="127.0.0.1")


def _measured(client: Client, path: str) -> tuple[object, ...]:
    # As the beat of an installation does three times a minute.
    refresh_standard_figures()
    client.get(path)
    cache.clear()
    READ.clear()
    unchanged.forget()
    first = _milliseconds(client, path)
    answer, queries = _queries(client, path)
    with patch.object(kept_answers, "load", return_value=None):
        made = [_milliseconds(client, path) for _ in range(ROUNDS)]
    again = sorted(_milliseconds(client, path) for _ in range(ROUNDS))
    return (
        path,
        answer.status_code,
        queries,
        f"{first:.0f}",
        f"{statistics.median(made):.0f}",
        f"{statistics.median(again):.0f}",
        f"{again[ROUNDS * 95 // 100]:.0f}",
        f"{len(gzip.compress(answer.content)) / 1000:.0f}",
    )


def _queries(client: Client, path: str) -> tuple[HttpResponse, int]:
    """Those of the page as it is made anew."""
    connection.force_debug_cursor = True
    reset_queries()
    with patch.object(kept_answers, "load", return_value=None):
        answer = client.get(path)
    connection.force_debug_cursor = False
    return answer, len(connection.queries)


def paths() -> list[str]:
    """Each page and metric, with the filters that it is asked for most."""
    from ingest.models import Case, Milestone, Project, Run

    listed = Run.objects.filter(
        detail="rows", source__isnull=False, configuration__isnull=False
    ).exclude(branch="")
    rows = (
        listed.select_related("source", "configuration")
        .order_by("-thread_count", "-at")
        .first()
    )
    totals = Run.objects.filter(detail="counts").order_by("-at").first()
    case = Case.objects.order_by("-last_seen_at").first()
    milestone = Milestone.objects.order_by("-pk").first()
    project = Project.objects.order_by("pk").first()
    assert rows
    assert rows.source
    assert rows.configuration
    assert case
    assert milestone
    assert project
    # A filter of each kind, none of which is kept beforehand.
    narrowed = [
        f"source={rows.source.name}",
        f"configuration={rows.configuration.name}",
        f"branch={rows.branch}",
        f"milestone={milestone.pk}",
        "q=1",
        f"project={project.pk}",
    ]
    return [
        "/",
        "/?window=7d",
        "/?window=90d",
        f"/projects/{project.pk}/",
        "/runs/",
        f"/runs/{rows.pk}/",
        *([f"/runs/{totals.pk}/"] if totals else []),
        "/results/?status=failed&window=30d",
        "/cases/",
        f"/cases/{case.pk}/",
        "/flaky/",
        "/flaky/?window=90d",
        *(f"/flaky/?{chosen}&window=90d" for chosen in narrowed),
        f"/projects/{project.pk}/settings/",
        "/cases/?view=newly-failing",
        "/failures/",
        "/cases/?view=slow",
        "/cases/?view=failing",
        f"/compare/?head={rows.pk}",
        "/standup/",
        "/milestones/",
        f"/milestones/{milestone.pk}/",
        "/search/?q=basket",
        "/sync/",
        "/sync/history/",
        "/login/",
        "/api/v1/metrics/summary/",
        "/api/v1/metrics/pass-rate/?bucket=day&by=project",
        "/api/v1/metrics/flaky/",
        "/api/v1/metrics/failing/",
        "/api/v1/metrics/slow/",
        *(f"/api/v1/metrics/slow/?{chosen}&window=90d" for chosen in narrowed),
        "/api/v1/metrics/failures/",
        f"/api/v1/metrics/compare/?base={rows.pk}&head={rows.pk}",
        "/api/v1/metrics/standup/",
        f"/api/v1/milestones/{milestone.pk}/progress/",
        "/api/v1/metrics/reconciliation/",
        "/api/v1/runs/?limit=100",
        "/api/v1/results/?limit=1000",
    ]


def _milliseconds(client: Client, path: str) -> float:
    start = time.perf_counter()
    client.get(path)
    return 1000 * (time.perf_counter() - start)
