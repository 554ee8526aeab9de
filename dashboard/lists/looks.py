"""When each project was compared whole with its vendor's list, and what that left."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q

from ingest import looks
from ingest.models import Project, Run, Sync, SyncStatus, UnreadableRun

UNFINISHED = (SyncStatus.QUEUED, SyncStatus.RUNNING)
# Of runs that cannot be read, so many are named.
NAMED = 3
LONGEST_NAME = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectLook:
    """`sync` is the look under way, `known_runs` what it compares with. `unreadable` are
    names of runs that the vendor could not give, of `unreadable_runs`, asked for again
    at `next_try_at`; `silent_runs` are open ones that are asked for ever more rarely.
    """

    project: Project
    is_overdue: bool
    next_at: datetime
    sync: Sync | None
    known_runs: int
    silent_runs: int
    unreadable: tuple[str, ...]
    unreadable_runs: int
    next_try_at: datetime | None


def project_looks(now: datetime) -> list[ProjectLook]:
    """Of all projects that their vendors have, by name; four queries."""
    projects = Project.objects.filter(removed_at=None, synced_from__isnull=False)
    rows = list(projects.select_related("connection").order_by("name", "pk"))
    syncs = {
        sync.project_id: sync
        for sync in Sync.objects.filter(status__in=UNFINISHED, is_look=True)
        if sync.project_id
    }
    runs, unread = _runs_by_project(now), _unreadable()
    return [
        _look(
            row,
            now,
            syncs.get(row.pk),
            runs.get(row.pk, (0, 0)),
            unread.get(row.pk, []),
        )
        for row in rows
    ]


def _look(
    project: Project,
    now: datetime,
    sync: Sync | None,
    runs: tuple[int, int],
    unread: list[UnreadableRun],
) -> ProjectLook:
    at = project.looked_at or project.created_at
    return ProjectLook(
        project=project,
        is_overdue=looks.is_overdue(project.connection, at, now),
        next_at=looks.next_at(project, now),
        sync=sync,
        known_runs=runs[0],
        silent_runs=runs[1],
        unreadable=tuple(run.name[:LONGEST_NAME] for run in unread[:NAMED]),
        unreadable_runs=len(unread),
        next_try_at=min((run.next_try_at for run in unread), default=None),
    )


def _runs_by_project(now: datetime) -> Mapping[int, tuple[int, int]]:
    """How many runs each has, and how many of them are open and have fallen silent."""
    silent = Q(is_open=True, active_at__lt=now - Run.LIVELY)
    rows = Run.objects.filter(removed_at=None).values("project_id").order_by()
    rows = rows.annotate(known=Count("pk"), silent=Count("pk", filter=silent))
    return {row["project_id"]: (row["known"], row["silent"]) for row in rows}


def _unreadable() -> Mapping[int, list[UnreadableRun]]:
    found: dict[int, list[UnreadableRun]] = {}
    for run in UnreadableRun.objects.order_by("-failures", "pk"):
        found.setdefault(run.project_id, []).append(run)
    return found
