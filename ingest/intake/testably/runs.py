"""Runs that uploads fill: Testably's API has none to open one, so the first does."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from django.db import transaction
from django.utils import timezone

from ingest.connections import is_relayed
from ingest.contract import RunRecord, RunStatus
from ingest.intake.errors import IntakeError, UnknownRunError
from ingest.intake.projects import one_at_a_time
from ingest.intake.received import Named, append_new
from ingest.intake.runs import open_run
from ingest.intake.testably.bodies import Head
from ingest.models import Case, CaseAlias, Project, PushedRun, Run
from ingest.models.connection import PUSH
from ingest.models.runs import key_hash

FORMAT = "testably"
# An upload does not end its run, and nothing else does.
QUIET_MINUTES = 20
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


class UnknownCasesError(IntakeError):
    """Test cases that the vendor's project does not have; nothing was stored."""

    def __init__(self, cases: Sequence[str]) -> None:
        super().__init__("Some test case ids were not found in this project.")
        self.cases = list(cases)


def name_of(project: Project, head: Head) -> str:
    """What the run of an upload is called; raises UnknownRunError where there is none
    and a vendor would have to make it.
    """
    found = _found(project, head)
    return found.name if found else head.run_name or f"Run {head.run_id}"


def take(project: Project, head: Head, results: Sequence[Named]) -> Run:
    """Store what is news in the run, which begins with its first upload."""
    _check_cases(project, results)
    with transaction.atomic():
        # Two that begin at once find one run between them.
        one_at_a_time(project)
        run = _found(project, head) or _opened(project, head)
        if not hasattr(run, "pushed"):
            _join(run)
    told = _timed(results) if run.pushed.ends_at_vendor else results
    append_new(run.pk, told, is_correction=True)
    return run


def _timed(results: Sequence[Named]) -> list[Named]:
    """An upload tells no times: among results that the vendor timed it is the last."""
    now = timezone.now()
    return [
        one._replace(
            record=replace(one.record, executed_at=one.record.executed_at or now)
        )
        for one in results
    ]


def _found(project: Project, head: Head) -> Run | None:
    run = Run.objects.filter(
        project=project, external_id=head.run_id, removed_at=None
    ).first()
    if run is None and project.connection.vendor == PUSH:
        return None
    # What a vendor alone has is read from there, unless it is told of what comes here.
    is_ours = run is not None and hasattr(run, "pushed")
    if is_ours or is_relayed(project.connection, FORMAT):
        return run
    raise UnknownRunError(f"There is no run {head.run_id[:60]} to upload to.")


def _opened(project: Project, head: Head) -> Run:
    record = RunRecord(
        external_id=head.run_id,
        name=name_of(project, head),
        status=RunStatus.RUNNING,
        started_at=timezone.now(),
    )
    run = open_run(project, record, format=FORMAT, measures_elapsed=True)
    PushedRun.objects.filter(run=run).update(closes_after_minutes=QUIET_MINUTES)
    return run


def _join(run: Run) -> None:
    """Let a run that was read from its vendor take what comes here, too."""
    PushedRun.objects.create(
        run=run,
        format=FORMAT,
        last_at=timezone.now(),
        is_relayed=True,
        is_at_vendor=True,
        ends_at_vendor=True,
    )


def _check_cases(project: Project, results: Sequence[Named]) -> None:
    """A vendor's project knows its cases; one without a vendor learns them."""
    if project.connection.vendor == PUSH:
        return
    asked = [one.record.key for one in results if not _UUID.fullmatch(one.record.key)]
    hashes = {key_hash(key): key for key in asked}
    known: set[str] = set()
    for model in (Case, CaseAlias):
        rows = model._default_manager.filter(project=project, key_hash__in=hashes)
        known |= {hashes[one] for one in rows.values_list("key_hash", flat=True)}
    if unknown := [key for key in asked if key not in known]:
        raise UnknownCasesError(unknown)
