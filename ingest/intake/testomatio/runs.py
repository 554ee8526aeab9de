"""The life of a reporter's run: opened or joined, added to, ended."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import cast

from django.db import transaction
from django.utils import timezone

from ingest.contract import RunRecord, RunStatus
from ingest.details import Details
from ingest.intake.closing import close_run
from ingest.intake.errors import ClosedError, UnknownRunError
from ingest.intake.projects import one_at_a_time
from ingest.intake.received import Named, append_new
from ingest.intake.runs import attach, new_run_id, open_run
from ingest.intake.testomatio.heads import SHARED_MINUTES, End, Head
from ingest.intake.testomatio.known_tests import FORMAT, as_known
from ingest.models import Project, PushedRun, Run, RunDetails, SharedRun


def open_in(project: Project, head: Head) -> tuple[Run, bool]:
    """A new run, or the open one that other processes share under this title; and
    whether it is new.
    """
    with transaction.atomic():
        # Two that begin at once find one run between them.
        one_at_a_time(project)
        found = _shared(project, head.shared_title) if head.shared_title else None
        return (
            (_joined(found, head), False) if found else (_opened(project, head), True)
        )


def run_of(project: Project, uid: str) -> Run:
    """The run of this id; raises UnknownRunError."""
    pushed = Run.objects.filter(
        project=project, pushed__format=FORMAT, removed_at=None
    ).select_related("pushed")
    # One that was handed on bears the vendor's id, of which its client knows nothing.
    run = (
        pushed.filter(external_id=uid).first()
        or pushed.filter(pushed__client_id=uid).first()
    )
    if run is None:
        raise UnknownRunError(f"There is no run {uid[:40]} in this project.")
    return run


def reuse(run: Run, head: Head) -> None:
    """Go on with a run that another process opened; raises ClosedError."""
    with _said_by_uid(run):
        _add_details(run, head.details)


def take(run: Run, results: Sequence[Named]) -> int:
    """Store the results that are new in the run; raises ClosedError.

    A run that has just been finished takes them too: the client sends a test behind the
    end of its run when the files of the test were uploaded only then.
    """
    with _said_by_uid(run):
        known = as_known(run.project, results)
        return append_new(run.pk, known, takes_late=True)


def end(run: Run, said: End) -> None:
    """Close the run, unless other processes still fill it. One that is closed stays."""
    with transaction.atomic():
        run = Run.objects.select_for_update(of=["self"]).get(pk=run.pk)
        if not run.is_open or _goes_on(run, said):
            return
        # One of several knows neither the verdict nor the time of all of them.
        is_shared = SharedRun.objects.filter(run=run).exists()
        close_run(
            run.pk,
            status=None if is_shared else said.status,
            duration_ms=None if is_shared else said.duration_ms,
            takes_late=True,
        )


@contextmanager
def _said_by_uid(run: Run) -> Iterator[None]:
    """The refusal of a closed run in the words of who knows nothing but its uid."""
    try:
        yield
    except ClosedError:
        raise ClosedError(
            f"Run {run.external_id} is finished and takes nothing more."
        ) from None


def _add_details(run: Run, told: Details) -> None:
    """Each process tells the same build and labels again: what is new of them."""
    known = RunDetails.objects.filter(run=run).values_list("values", flat=True).first()
    news = {
        key: [one for one in values if one not in (known or {}).get(key, [])]
        for key, values in told.items()
        if isinstance(values, list)
    }
    new = cast(Details, {key: values for key, values in news.items() if values})
    attach(run.pk, new, takes_late=True)


def _opened(project: Project, head: Head) -> Run:
    uid = new_run_id(project)
    record = RunRecord(
        external_id=uid,
        name=head.title or f"Run {uid}",
        kind=head.kind,
        status=RunStatus.RUNNING,
        source=head.group,
        configuration=head.configuration,
        started_at=timezone.now(),
    )
    run = open_run(
        project, record, format=FORMAT, details=head.details, measures_elapsed=True
    )
    if head.shared_title:
        _share(run, head.shared_title, head.shards, head.shared_minutes)
    return run


def _shared(project: Project, title: str) -> Run | None:
    return (
        Run.objects.filter(
            project=project, shared__title=title, is_open=True, removed_at=None
        )
        .order_by("-pk")
        .first()
    )


def _joined(run: Run, head: Head) -> Run:
    with transaction.atomic():
        # First, as where a process ends: each would wait for what the other holds.
        Run.objects.select_for_update(of=["self"]).get(pk=run.pk)
        if head.shards:
            SharedRun.objects.filter(run=run).update(shards=head.shards)
        _add_details(run, head.details)
    return run


def _share(run: Run, title: str, shards: int | None, minutes: int) -> None:
    SharedRun.objects.create(run=run, title=title, shards=shards)
    PushedRun.objects.filter(run=run).update(closes_after_minutes=minutes)


def _goes_on(run: Run, said: End) -> bool:
    """Whether the run stays open for others; one process less fills it now."""
    shared = SharedRun.objects.filter(run=run).first()
    if shared is None and said.is_of_one:
        _share(run, "", None, SHARED_MINUTES)
        return True
    if shared is None or said.is_forced:
        return False
    shared.ended += 1
    shared.save(update_fields=["ended"])
    return shared.shards is None or shared.ended < shared.shards
