"""What was pushed to a project lately."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from ingest.contract import Counts
from ingest.models import Project, PushedRun

# What came before is no answer to somebody who sets a build up now.
LATELY = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class PushedArrival:
    """A run into which something was pushed, with its results by status so far."""

    run: int
    name: str
    status: str
    is_open: bool
    counts: Counts
    at: datetime


def pushable_projects() -> list[Project]:
    """Those that results can be pushed to, by name: also those of a tool."""
    return list(Project.objects.filter(removed_at=None).order_by("name", "pk"))


def newest_pushed(project: int, now: datetime) -> PushedArrival | None:
    """The run that something came into last, unless that was long ago."""
    rows = PushedRun.objects.filter(run__project=project, run__removed_at=None)
    rows = rows.filter(last_at__gt=now - LATELY).order_by("-last_at", "-run_id")
    pushed = rows.select_related("run").first()
    if pushed is None:
        return None
    run = pushed.run
    return PushedArrival(
        run=run.pk,
        name=run.name,
        status=run.status,
        is_open=run.is_open,
        counts=run.counts,
        at=pushed.last_at,
    )
