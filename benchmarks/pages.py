"""Server time, queries and bytes of each page on what the sync benchmark stored."""

from __future__ import annotations

import gzip
import statistics
import time

from benchmarks.table import show

ROUNDS = 15


def run() -> None:
    """Ask for each page ROUNDS times in this process, through all the middleware."""
    from django.conf import settings
    from django.core.cache import cache
    from django.core.management import call_command
    from django.db import connection, reset_queries
    from django.test import Client

    from dashboard.gunicorn import post_worker_init

    settings.PUBLIC_READ = True
    # As a served process begins.
    post_worker_init(None)
    call_command("collectstatic", interactive=False, verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    client, rows = Client(HTTP_HOST="127.0.0.1"), []
    for path in _paths():
        client.get(path)
        cache.clear()
        cold = _milliseconds(client, path)
        connection.force_debug_cursor = True
        reset_queries()
        answer = client.get(path)
        queries = len(connection.queries)
        connection.force_debug_cursor = False
        warm = [_milliseconds(client, path) for _ in range(ROUNDS)]
        size = len(gzip.compress(answer.content))
        rows.append(
            (
                path,
                answer.status_code,
                queries,
                f"{statistics.median(warm):.0f}",
                f"{cold:.0f}",
                f"{size / 1000:.0f}",
            )
        )
    show(
        f"Pages, median of {ROUNDS} (cold: the cache was just emptied)",
        ("page", "status", "queries", "ms", "cold ms", "kB gzipped"),
        rows,
    )


def _paths() -> list[str]:
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


def _milliseconds(client: object, path: str) -> float:
    start = time.perf_counter()
    client.get(path)  # type: ignore[attr-defined]
    return 1000 * (time.perf_counter() - start)
