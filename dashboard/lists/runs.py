"""Runs, one row each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import BigIntegerField, DateTimeField, Exists, F, OuterRef, Value
from django.db.models import QuerySet as QS
from django.db.models.functions import Coalesce

from dashboard.addresses import address
from dashboard.filters import Filters, result_conditions, run_conditions
from dashboard.filters.signatures import with_signature
from dashboard.lists.attached import (
    NOTHING,
    ArtifactRow,
    Attached,
    FieldRow,
    LinkRow,
    attached_to_runs,
    cut_values,
)
from dashboard.lists.listing import ONLY_RESULTS_HAVE, Listing, Moved, PagePath, by_name
from dashboard.lists.moved import moved_runs
from dashboard.metrics.messages import HEAD
from dashboard.metrics.run_durations import RUN_DURATION_MS, run_duration_ms
from dashboard.models import RunJudgement, Verdict
from dashboard.readers import ForSignedIn
from ingest.contract import Counts, RunStatus, Status
from ingest.models import Result, Run, RunMilestone, Thread
from ingest.origins import web_link


@dataclass(frozen=True, slots=True, kw_only=True)
class CountsRow:
    """Final results by status; `total` is their sum."""

    passed: int = 0
    failed: int = 0
    error: int = 0
    skipped: int = 0
    blocked: int = 0
    untested: int = 0
    running: int = 0
    unknown: int = 0
    total: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRow:
    """A run as the API gives it. `duration_ms` is as the vendor states it, else from start
    to finish. `vendor_counts` are the vendor's own totals. `outage`: the rule found it to
    be one, `excluded`: a person left it out of flakiness or of every number.
    """

    id: int
    external_id: str
    project: int
    name: str
    kind: str
    status: str
    raw_status: str
    source: str
    configuration: str
    milestones: tuple[int, ...]
    branch: str
    commit: str
    started_at: datetime | None
    finished_at: datetime | None
    duration_ms: int | None
    counts: CountsRow
    vendor_counts: CountsRow | None
    detail: str
    outage: bool
    excluded: bool
    thread_count: int
    url: PagePath
    vendor_url: ForSignedIn[str]
    recorded_at: datetime
    tags: tuple[str, ...]
    fields: tuple[FieldRow, ...]
    artifacts: tuple[ArtifactRow, ...]
    links: tuple[LinkRow, ...]


def select(filters: Filters) -> QS[Run]:
    """Runs by their start; `case` chooses runs with a result of it, `q` by name.

    Those with a failure of a `signature` by the time of that failure.
    """
    runs = Run.objects.filter(run_conditions(filters))
    window = filters.list_window()
    if filters.signature:
        failures = with_signature(replace(filters, q="", status=()), window)
        runs = runs.filter(pk__in=failures.values("run_id"))
    elif window:
        runs = runs.filter(at__gte=window.since, at__lt=window.until)
    if filters.status:
        runs = runs.filter(status__in=filters.status)
    if filters.q:
        runs = runs.filter(name__icontains=filters.q)
    if filters.case:
        of_run = Result.objects.filter(
            result_conditions(Filters(case=filters.case, with_uncounted=True)),
            project_id=OuterRef("project_id"),
            partition_on=OuterRef("partition_on"),
            run_id=OuterRef("pk"),
        )
        runs = runs.filter(Exists(of_run))
    return runs.select_related("source", "configuration")


def rows(runs: Sequence[Run]) -> list[RunRow]:
    attached = attached_to_runs([run.pk for run in runs], most=HEAD)
    listed = {id_: cut_values(a, "api-runs-one", id_) for id_, a in attached.items()}
    return _rows(runs, listed)


def whole(run: Run) -> RunRow:
    """One run with all of what is attached to it."""
    return _rows([run], attached_to_runs([run.pk], most=None))[0]


def _rows(runs: Sequence[Run], attached: Mapping[int, Attached]) -> list[RunRow]:
    ids = [run.pk for run in runs]
    milestones, excluded = milestones_of(ids), _excluded(ids)
    return [
        _row(
            run,
            milestones.get(run.pk, ()),
            attached.get(run.pk, NOTHING),
            is_excluded=run.pk in excluded,
        )
        for run in runs
    ]


def _excluded(runs: Sequence[int]) -> set[int]:
    """Those that a person left out of flakiness or of every number."""
    left_out = [Verdict.EXCLUDED, Verdict.UNCOUNTED]
    judged = RunJudgement.objects.filter(run__in=runs, verdict__in=left_out)
    return set(judged.values_list("run_id", flat=True))


def milestones_of(runs: Iterable[int]) -> dict[int, tuple[int, ...]]:
    """Ids of the milestones that each run belongs to now."""
    links = RunMilestone.objects.filter(run_id__in=runs, removed_at__isnull=True)
    found: dict[int, set[int]] = {}
    for run, milestone in links.values_list("run_id", "member__milestone_id"):
        found.setdefault(run, set()).add(milestone)
    return {run: tuple(sorted(ids)) for run, ids in found.items()}


def counts_row(counted: Run | Thread) -> CountsRow:
    return total_counts(counted.counts)


def total_counts(counts: Counts) -> CountsRow:
    return _counts_row({str(status): getattr(counts, status) for status in Status})


def _counts_row(counts: Mapping[str, int]) -> CountsRow:
    numbers = {str(status): int(counts.get(status) or 0) for status in Status}
    return CountsRow(**numbers, total=sum(numbers.values()))


def _row(
    run: Run, milestones: tuple[int, ...], attached: Attached, *, is_excluded: bool
) -> RunRow:
    stated = run.vendor_counts
    return RunRow(
        id=run.pk,
        external_id=run.external_id,
        project=run.project_id,
        name=run.name,
        kind=run.kind,
        status=run.status,
        raw_status=run.raw_status,
        source=run.source.name if run.source else "",
        configuration=run.configuration.name if run.configuration else "",
        milestones=milestones,
        branch=run.branch,
        commit=run.commit,
        started_at=run.started_at,
        finished_at=run.finished_at,
        duration_ms=run_duration_ms(run),
        counts=counts_row(run),
        vendor_counts=None if stated is None else _counts_row(stated),
        detail=run.detail,
        outage=run.is_outage,
        excluded=is_excluded,
        thread_count=run.thread_count,
        url=PagePath(address("run", run.pk)),
        vendor_url=web_link(run.vendor_url),
        recorded_at=run.recorded_at,
        tags=attached.tags,
        fields=attached.fields,
        artifacts=attached.artifacts,
        links=attached.links,
    )


RUNS = Listing(
    name="runs",
    row=RunRow,
    select=select,
    rows=rows,
    whole=whole,
    sorts={
        "started_at": F("at"),
        "finished_at": Coalesce("finished_at", "at", output_field=DateTimeField()),
        "recorded_at": F("recorded_at"),
        "duration_ms": Coalesce(
            RUN_DURATION_MS, Value(-1), output_field=BigIntegerField()
        ),
        "name": by_name(),
    },
    default_sort="-started_at",
    moving=frozenset({"finished_at", "duration_ms", "name"}),
    moved=Moved(sort="started_at", row_id=F("pk"), since=moved_runs),
    statuses=tuple(RunStatus),
    refused=ONLY_RESULTS_HAVE,
)
