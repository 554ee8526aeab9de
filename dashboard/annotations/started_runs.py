"""Tools asked to start, change and close runs and to make tests, each act kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import Enum
from typing import Any

from django.dispatch import receiver

from dashboard.annotations.audit_log import NOTHING, Said, record
from dashboard.models import Act, ActKind
from dashboard.reading.scope import everything
from ingest.models import MilestoneMember, Project, Run, StartedRun
from ingest.models.started import StartKind
from ingest.started_runs import asking, changing
from ingest.started_runs.asking import answer_lost
from ingest.starting import Only, UnclearError


class Kept(Enum):
    """In place of a milestone: it stays as it is, which None does not say."""

    AS_IT_IS = 1


KEPT = Kept.AS_IT_IS


@everything()
def start(
    project: Project, values: Mapping[str, Any], *, by: str, key: str | None
) -> StartedRun:
    """As `asking.start`, with an act about the project."""

    def note(row: StartedRun) -> None:
        keep_start(ActKind.START, project, row)

    return asking.start(project, values, by=by, key=key, on_taken=note)


@everything()
def rerun(run: Run, only: Only, *, by: str, key: str | None) -> StartedRun:
    """As `asking.rerun`, with an act about the run that is run again."""

    def note(row: StartedRun) -> None:
        keep_start(ActKind.RERUN, run, row)

    return asking.rerun(run, only, by=by, key=key, on_taken=note)


@everything()
def create_case(
    project: Project, values: Mapping[str, Any], *, by: str, key: str | None
) -> StartedRun:
    """As `asking.create_case`, with an act about the project."""

    def note(row: StartedRun) -> None:
        keep_start(ActKind.NEW_TEST, project, row)

    return asking.create_case(project, values, by=by, key=key, on_taken=note)


@everything()
def change_run(
    run: Run, name: str | None, milestone: MilestoneMember | None | Kept, *, by: str
) -> None:
    """Give a run another name (None leaves it) or milestone at its tool.

    Raises RefusedError and UnclearError.
    """
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    changes: dict[str, str | None] = {}
    if name is not None:
        before["name"], after["name"], changes["name"] = run.name, name, name
    if milestone is not KEPT:
        before["milestones"] = _milestones_of(run)
        after["milestones"] = [milestone.name] if milestone else []
        changes["milestone"] = milestone.external_id if milestone else None
    with _kept(ActKind.CHANGE, run, before, after, by):
        changing.change_run(run, changes)


@everything()
def close_run(run: Run, *, by: str) -> None:
    """Close a run at its tool. Raises RefusedError and UnclearError."""
    with _kept(ActKind.CLOSE, run, NOTHING, {"closed": True}, by):
        changing.close_run(run)


@contextmanager
def _kept(
    kind: ActKind, run: Run, before: Said, after: Said, by: str
) -> Iterator[None]:
    """Inside, a tool is asked; the act is kept unless the tool refused it."""
    try:
        yield
    except UnclearError:
        record(kind, run, before, after, by=by)
        raise
    record(kind, run, before, after, by=by)


def _milestones_of(run: Run) -> list[str]:
    links = run.milestone_links.filter(removed_at=None).order_by("pk")
    return list(links.values_list("member__name", flat=True))


@receiver(answer_lost)
def note_lost(row: StartedRun, **_: Any) -> None:
    """Keep the act of a process that ended while it waited: it may have been done."""
    if row.kind == StartKind.RERUN:
        runs = Run.objects.filter(project=row.project_id)
        run = runs.filter(external_id=row.values["rerun"]).first()
        if run is not None:
            keep_start(ActKind.RERUN, run, row)
        return
    is_start = row.kind == StartKind.START
    keep_start(ActKind.START if is_start else ActKind.NEW_TEST, row.project, row)


def keep_start(kind: ActKind, about: Project | Run, row: StartedRun) -> None:
    """Once for each request; the same values asked for twice are two acts."""
    known = Act.objects.filter(kind=kind, about=about.pk, after__started=row.pk)
    if known.exists():
        # It was given up, and then its answer came.
        return
    said = {"values": row.values, "started": row.pk}
    record(kind, about, NOTHING, said, by=row.by)
