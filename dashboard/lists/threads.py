"""The threads of one run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.db.models import DateTimeField, Exists, F, OuterRef, QuerySet
from django.db.models.functions import Coalesce

from dashboard.filters import Filters, result_conditions, run_conditions
from dashboard.lists.attached import (
    NOTHING,
    ArtifactRow,
    Attached,
    FieldRow,
    LinkRow,
    attached_to_threads,
)
from dashboard.lists.listing import ONLY_RESULTS, Listing, by_name
from dashboard.lists.runs import CountsRow, counts_row
from ingest.contract import RunStatus
from ingest.models import Result, Run, Thread


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadRow:
    """A parallel lane of a run. Values of its fields are whole: it has no object."""

    id: int
    external_id: str
    run: int
    name: str
    status: str
    duration_ms: int | None
    counts: CountsRow
    fields: tuple[FieldRow, ...]
    artifacts: tuple[ArtifactRow, ...]
    links: tuple[LinkRow, ...]


def select(filters: Filters) -> QuerySet[Thread]:
    """Threads by their run's attributes and start; `q` is part of their own name."""
    threads = Thread.objects.filter(run_conditions(filters, of="run"))
    if window := filters.list_window():
        threads = threads.filter(run__at__gte=window.since, run__at__lt=window.until)
    if filters.status:
        threads = threads.filter(status__in=filters.status)
    if filters.q:
        threads = threads.filter(name__icontains=filters.q)
    if filters.case:
        of_thread = Result.objects.filter(
            result_conditions(Filters(case=filters.case, with_uncounted=True)),
            project_id=OuterRef("run__project_id"),
            partition_on=OuterRef("run__partition_on"),
            run_id=OuterRef("run_id"),
            thread_id=OuterRef("pk"),
        )
        threads = threads.filter(Exists(of_thread))
    return threads


def threads_of_run(run: Run) -> Listing[ThreadRow]:
    """The list of one run's threads, in order of their start."""
    return replace(
        THREADS,
        name=f"threads of run {run.pk}",
        select=lambda filters: select(filters).filter(run=run),
    )


def rows(threads: Sequence[Thread]) -> list[ThreadRow]:
    attached = attached_to_threads([thread.pk for thread in threads])
    return [_row(thread, attached.get(thread.pk, NOTHING)) for thread in threads]


def _row(thread: Thread, attached: Attached) -> ThreadRow:
    return ThreadRow(
        id=thread.pk,
        external_id=thread.external_id,
        run=thread.run_id,
        name=thread.name,
        status=thread.status,
        duration_ms=thread.duration_ms,
        counts=counts_row(thread),
        fields=attached.fields,
        artifacts=attached.artifacts,
        links=attached.links,
    )


THREADS = Listing(
    name="threads",
    row=ThreadRow,
    select=select,
    rows=rows,
    sorts={
        "id": F("pk"),
        "started_at": Coalesce("started_at", "run__at", output_field=DateTimeField()),
        "name": by_name(),
    },
    default_sort="id",
    moving=frozenset({"started_at", "name"}),
    statuses=tuple(RunStatus),
    refused=ONLY_RESULTS,
)
