"""Every execution of one case: when, how it went, how long it took, in which run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import NamedTuple

from django.db.models import Count, F, QuerySet, Subquery
from django.db.models.functions import Collate

from dashboard.filters import Filters, Window, result_conditions
from ingest.contract import Counts, RunKind, Status
from ingest.models import STATUS_OF_CODE, Case, Result, ResultText, Run
from ingest.models.results import ORDINALS
from ingest.origins import web_link


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One attempt of an execution; `duration_ms` is None where it is not known."""

    at: datetime
    status: Status
    duration_ms: int | None
    ordinal: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """One final result; `duration_ms` is None where it is not known.

    `run`, `ordinal` and `partition_on` are its place in the table, `repeated` the
    attempts before it in their order.
    """

    at: datetime
    status: Status
    duration_ms: int | None
    run: int
    run_name: str
    run_external_id: str
    is_automated: bool
    ordinal: int
    partition_on: date
    repeated: tuple[Attempt, ...] = ()

    @property
    def result(self) -> int:
        """Its id in the API."""
        return self.run * ORDINALS + self.ordinal

    def result_of(self, attempt: Attempt) -> int:
        """The same of one of its attempts."""
        return self.run * ORDINALS + attempt.ordinal

    @property
    def earlier(self) -> tuple[Status, ...]:
        return tuple(attempt.status for attempt in self.repeated)

    @property
    def attempts(self) -> tuple[Attempt, ...]:
        """All of them, the final one last."""
        final = Attempt(
            at=self.at,
            status=self.status,
            duration_ms=self.duration_ms,
            ordinal=self.ordinal,
        )
        return (*self.repeated, final)


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstRun:
    """The run that a case was first seen in."""

    run: int
    external_id: str
    commit: str
    at: datetime


_COLUMNS = (
    *("at", "status", "duration_ms", "run_id", "run__name", "run__external_id"),
    *("run__kind", "ordinal", "partition_on", "attempt"),
)


class _Row(NamedTuple):
    """A final result, by _COLUMNS."""

    at: datetime
    code: int
    duration_ms: int | None
    run: int
    run_name: str
    external_id: str
    kind: str
    ordinal: int
    partition_on: date
    attempt: int


def executions(filters: Filters, case: Case, window: Window) -> list[Execution]:
    """The case's final results in the window, oldest first, manual runs included.

    In the order of series: by time, then by the vendor's id of the run. Two queries, one
    where nothing was repeated.
    """
    finals = _finals(filters, case, window).order_by(
        "at", Collate("run__external_id", "C"), "ordinal"
    )
    rows = [_Row(*values) for values in finals.values_list(*_COLUMNS)]
    repeated = _attempts_before(
        case, {row.run: row.partition_on for row in rows if row.attempt > 1}
    )
    return [
        Execution(
            at=row.at,
            status=STATUS_OF_CODE[row.code],
            duration_ms=row.duration_ms,
            run=row.run,
            run_name=row.run_name,
            run_external_id=row.external_id,
            is_automated=row.kind == RunKind.AUTOMATED,
            ordinal=row.ordinal,
            partition_on=row.partition_on,
            repeated=tuple(repeated.get(row.run, ())),
        )
        for row in rows
    ]


def _attempts_before(case: Case, runs: Mapping[int, date]) -> dict[int, list[Attempt]]:
    """By run the attempts of the case before its final one, in their order; of runs with
    the day that they are filed under.
    """
    if not runs:
        return {}
    rows = Result.objects.filter(
        project_id=case.project_id,
        case_id=case.pk,
        partition_on__in={*runs.values()},
        run_id__in=runs,
        is_final=False,
        removed_at=None,
    ).order_by("attempt", "ordinal")
    found: dict[int, list[Attempt]] = {}
    columns = ("run_id", "at", "status", "duration_ms", "ordinal")
    for run, at, code, duration_ms, ordinal in rows.values_list(*columns):
        attempt = Attempt(
            at=at,
            status=STATUS_OF_CODE[code],
            duration_ms=duration_ms,
            ordinal=ordinal,
        )
        found.setdefault(run, []).append(attempt)
    return found


def counts_by_status(executions: Iterable[Execution]) -> Counts:
    """Executions by status."""
    counts = Counter(str(one.status) for one in executions)
    return Counts(**counts)


def counts_of_cases(
    filters: Filters, cases: Collection[int], window: Window
) -> Mapping[int, Counts]:
    """Final results of each case in the window by status. One query."""
    if not cases:
        return {}
    finals = Result.objects.filter(
        result_conditions(filters, window), case_id__in=cases, is_final=True
    )
    by_case: dict[int, dict[str, int]] = {}
    rows = finals.values_list("case_id", "status").annotate(number=Count("ordinal"))
    for case, code, number in rows.order_by():
        by_case.setdefault(case, {})[str(STATUS_OF_CODE[code])] = number
    return {case: Counts(**counts) for case, counts in by_case.items()}


def vendor_page(case: Case, execution: Execution) -> str:
    """Where the vendor shows this execution, else its run; "" if nowhere. One query."""
    run = Run.objects.filter(pk=execution.run).annotate(
        of_result=Subquery(
            ResultText.objects.filter(
                project_id=case.project_id,
                partition_on=execution.partition_on,
                run_id=execution.run,
                ordinal=execution.ordinal,
            ).values("vendor_url")[:1]
        )
    )
    found = run.values_list("of_result", "vendor_url").first()
    addresses = (web_link(address or "") for address in found or ())
    return next(filter(None, addresses), "")


def first_run(case: Case) -> FirstRun | None:
    """Where the case's oldest result that is still kept stands. One query."""
    found = (
        Result.objects.filter(
            result_conditions(
                Filters(
                    project=(case.project_id,), case=(case.pk,), with_uncounted=True
                )
            )
        )
        .order_by("at", F("run_id"))
        .values_list("run_id", "run__external_id", "run__commit", "at")
        .first()
    )
    if found is None:
        return None
    run, external_id, commit, at = found
    return FirstRun(run=run, external_id=external_id, commit=commit, at=at)


def _finals(filters: Filters, case: Case, window: Window) -> QuerySet[Result]:
    chosen = replace(filters, project=(case.project_id,), case=(case.pk,))
    return Result.objects.filter(result_conditions(chosen, window), is_final=True)
