"""Runs that somebody announced: read first by the next sync, which begins at once."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils import timezone

from ingest.models import AnnouncedRun, Connection, Project


def announce(project: Project, run_ids: Iterable[str]) -> int:
    """Note these ids of the vendor, and that the connection is due; how many."""
    now = timezone.now()
    rows = [
        AnnouncedRun(project=project, external_id=run_id, announced_at=now)
        for run_id in dict.fromkeys(run_ids)
    ]
    AnnouncedRun.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["project", "external_id"],
        update_fields=["announced_at"],
    )
    # Where a sync is under way already the next one follows it.
    Connection.objects.filter(pk=project.connection_id).update(next_sync_at=now)
    return len(rows)


def announced(project: Project) -> list[tuple[str, str]]:
    """Ids, and names that nobody knows yet, in the order in which they came."""
    rows = project.announced_runs.order_by("announced_at", "pk")
    return [(run_id, "") for run_id in rows.values_list("external_id", flat=True)]


def unknown(project: Project, asked: Iterable[tuple[str, str]]) -> list[str]:
    """Those of which nothing is stored and that did not fail: the vendor has them not."""
    ids = [run_id for run_id, _ in asked]
    known = {
        *project.runs.filter(external_id__in=ids).values_list("external_id", flat=True),
        *project.unreadable_runs.filter(external_id__in=ids).values_list(
            "external_id", flat=True
        ),
    }
    return [run_id for run_id in ids if run_id not in known]


def forget(project: Project, asked: Iterable[tuple[str, str]]) -> None:
    """They were asked for; one that could not be read is kept by name elsewhere."""
    ids = [run_id for run_id, _ in asked]
    project.announced_runs.filter(external_id__in=ids).delete()
