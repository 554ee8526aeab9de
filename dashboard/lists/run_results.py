"""The results of one run as its page lists them: filtered, ordered, cut into pages."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Case as Choose
from django.db.models import F, IntegerField, QuerySet, Value, When
from django.db.models.functions import Lower

from dashboard.filters.selection import text_conditions
from dashboard.filters.signatures import having_signature
from dashboard.lists.listing import by_name
from dashboard.lists.results import ResultRow, rows
from dashboard.metrics.compare import LISTED, Comparison
from ingest.contract import Status
from ingest.models import (
    NOT_PASSED_CODES,
    STATUS_CODES,
    STATUS_OF_CODE,
    Result,
    Run,
)

SORTS = ("change", "name", "thread", "duration_ms")
PAGE_SIZE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultSelection:
    """What a page of a run's results is about.

    `statuses` empty means all. `cases` narrows to these, None to none. `signature` is
    that of a failure's message, NO_MESSAGE for failures without one, "" for no matter.
    `has_attempts`: every attempt, not only final results. `sort` is a name of SORTS,
    with a minus for descending.
    """

    statuses: tuple[Status, ...] = ()
    q: str = ""
    thread: int | None = None
    cases: Collection[int] | None = None
    signature: str = ""
    has_attempts: bool = False
    sort: str = "name"
    page: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultsPage:
    """Rows `first` to `first + len(rows)` of `count`; `number` is the page's.

    `times` are when their cases were executed, which a metric goes by.
    """

    rows: tuple[ResultRow, ...]
    times: Mapping[int, datetime]
    count: int
    first: int
    number: int


def attempts_of_run(run: Run) -> QuerySet[Result]:
    """Every attempt of a run that is still there."""
    # The whole key but its last part, so that one partition's index serves.
    return Result.objects.filter(
        project_id=run.project_id,
        partition_on=run.partition_on,
        run_id=run.pk,
        removed_at__isnull=True,
    )


def results_page(
    run: Run, selection: ResultSelection, against: Comparison | None
) -> ResultsPage:
    """One page; a page beyond the last one is the last one."""
    chosen = _chosen(run, selection)
    count = chosen.count()
    last = max(1, -(-count // PAGE_SIZE))
    number = min(selection.page, last)
    first = (number - 1) * PAGE_SIZE
    found = list(_ordered(chosen, selection.sort, against)[first : first + PAGE_SIZE])
    return ResultsPage(
        rows=tuple(rows(found)),
        times={result.case_id: result.at for result in found},
        count=count,
        first=first,
        number=number,
    )


def earlier_attempts(run: Run, shown: Sequence[ResultRow]) -> dict[int, list[Status]]:
    """Outcomes of the attempts before the final one, by case, in their order."""
    cases = [row.case.id for row in shown if row.final and row.attempt > 1]
    found: dict[int, list[Status]] = {}
    if cases:
        earlier = attempts_of_run(run).filter(case_id__in=cases, is_final=False)
        pairs = earlier.order_by("attempt").values_list("case_id", "status")
        for case, code in pairs:
            found.setdefault(case, []).append(STATUS_OF_CODE[code])
    return found


def _chosen(run: Run, selection: ResultSelection) -> QuerySet[Result]:
    results = attempts_of_run(run)
    if not selection.has_attempts:
        results = results.filter(is_final=True)
    if selection.statuses:
        codes = [STATUS_CODES[status] for status in selection.statuses]
        results = results.filter(status__in=codes)
    if selection.q:
        results = results.filter(text_conditions(selection.q, "case__"))
    if selection.thread is not None:
        results = results.filter(thread_id=selection.thread)
    if selection.cases is not None:
        results = results.filter(case_id__in=list(selection.cases))
    if selection.signature:
        return having_signature(_failed(results), selection.signature)
    return results


def _failed(results: QuerySet[Result]) -> QuerySet[Result]:
    """What bears a signature."""
    return results.filter(is_final=True, status__in=NOT_PASSED_CODES)


def _ordered(
    results: QuerySet[Result], sort: str, against: Comparison | None
) -> QuerySet[Result]:
    name = sort.removeprefix("-")
    keys: dict[str, Any] = {
        "change": _rank(against),
        "name": Lower(by_name("case__name")),
        "thread": by_name("thread__name"),
        "duration_ms": F("duration_ms"),
    }
    key = keys[name]
    if key is None:
        return results.order_by("ordinal")
    is_descending = sort.startswith("-")
    ordered = key.desc(nulls_last=True) if is_descending else key.asc(nulls_last=True)
    return results.order_by(ordered, "ordinal")


def _rank(against: Comparison | None) -> Any:
    """What needs a look first has the greatest rank."""
    if against is None:
        return None
    ranks = [
        When(case_id__in=against.cases[name], then=Value(len(LISTED) - place))
        for place, name in enumerate(LISTED)
        if against.cases[name]
    ]
    if not ranks:
        return None
    return Choose(*ranks, default=Value(0), output_field=IntegerField())
