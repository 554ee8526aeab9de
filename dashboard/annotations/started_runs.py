"""Tools asked to start runs, and each such act kept with who asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dashboard.annotations.audit_log import NOTHING, record
from dashboard.models import ActKind
from ingest.models import Project, Run, StartedRun
from ingest.started_runs import asking
from ingest.starting import Only


def start(
    project: Project, values: Mapping[str, Any], *, by: str, key: str | None
) -> StartedRun:
    """As `asking.start`, with an act about the project."""

    def note(row: StartedRun) -> None:
        record(ActKind.START, project, NOTHING, _said(row), by=by)

    return asking.start(project, values, by=by, key=key, on_taken=note)


def rerun(run: Run, only: Only, *, by: str, key: str | None) -> StartedRun:
    """As `asking.rerun`, with an act about the run that is run again."""

    def note(row: StartedRun) -> None:
        record(ActKind.RERUN, run, NOTHING, _said(row), by=by)

    return asking.rerun(run, only, by=by, key=key, on_taken=note)


def _said(row: StartedRun) -> dict[str, Any]:
    """The same values asked for twice are two acts."""
    return {"values": row.values, "started": row.pk}
