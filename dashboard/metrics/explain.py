"""What a number was made of: every result of its window, and why some are not in it.

Each result has the first of the reasons that holds for it, or none; so those that are left
out and those that are used add up to all that are stored.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import reduce
from typing import Any

from django.db.models import Case, CharField, Count, Q, QuerySet, Sum, Value, When

from dashboard.filters import Filters, Window, needs_rows
from dashboard.filters.counting import is_uncounted
from dashboard.filters.selection import (
    default_branch_conditions,
    result_conditions,
    run_conditions,
)
from dashboard.metrics.history_rows import is_judged_apart, is_outage
from ingest.contract import Detail, RunKind, Status
from ingest.models import (
    DECIDED_CODES,
    NOT_PASSED_CODES,
    STATUS_CODES,
    Result,
    Run,
)


class Reason(StrEnum):
    """Why a result is not in a number."""

    REMOVED = "removed"
    EXCLUDED = "excluded"
    OTHER_BRANCH = "other_branch"
    COUNTS_ONLY = "counts_only"
    MANUAL = "manual"
    OUTAGE = "outage"
    EXCLUDED_FROM_FLAKINESS = "excluded_from_flakiness"
    UNDECIDED = "undecided"
    NOT_PASSED = "not_passed"
    NOT_FAILED = "not_failed"
    NO_DURATION = "no_duration"
    NO_VENDOR_TOTALS = "no_vendor_totals"


# These are no rows of a list that is asked for with the same filters; the rest are.
HIDDEN = (Reason.REMOVED, Reason.EXCLUDED, Reason.OTHER_BRANCH)
RATE = (*HIDDEN, Reason.UNDECIDED)
SERIES = (*HIDDEN, Reason.COUNTS_ONLY, Reason.MANUAL, Reason.UNDECIDED)
FLAKINESS = (
    *(*HIDDEN, Reason.COUNTS_ONLY, Reason.MANUAL, Reason.OUTAGE),
    *(Reason.EXCLUDED_FROM_FLAKINESS, Reason.UNDECIDED),
)
DURATIONS = (*HIDDEN, Reason.COUNTS_ONLY, Reason.NOT_PASSED, Reason.NO_DURATION)
FAILURES = (*HIDDEN, Reason.COUNTS_ONLY, Reason.NOT_FAILED)
PROGRESS = (*HIDDEN, Reason.COUNTS_ONLY)
DECIDED = (Status.PASSED, Status.FAILED, Status.ERROR)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """So many final results of so many runs; `from_rows` of them are rows."""

    results: int = 0
    from_rows: int = 0
    runs: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Breakdown:
    """All final results that are stored of the window: those used, and the others."""

    used: Part
    left_out: Mapping[Reason, Part]

    @property
    def stored(self) -> int:
        return self.used.results + sum(part.results for part in self.left_out.values())

    @property
    def listed(self) -> int:
        """Rows of the list of final results with the same filters."""
        shown = [part for why, part in self.left_out.items() if why not in HIDDEN]
        return self.used.from_rows + sum(part.from_rows for part in shown)


def breakdown(
    filters: Filters, window: Window | None, reasons: Sequence[Reason]
) -> Breakdown:
    """The final results of the window by what becomes of them.

    Two queries at most. The totals of runs without rows count at their run's start, and
    not at all where the filters can be answered by rows alone.
    """
    parts: dict[str, list[int]] = {}
    for why, results, runs in _rows(filters, window, reasons):
        _add(parts, why, results, results, runs)
    # What is asked of single results, runs with totals do not have.
    totals = () if needs_rows(filters) else _totals(filters, window, reasons)
    for why, results, decided, runs in totals:
        if why or Reason.UNDECIDED not in reasons:
            _add(parts, why, results, 0, runs)
            continue
        _add(parts, "", decided, 0, runs)
        _add(parts, Reason.UNDECIDED, results - decided, 0, 0)
    return _told(parts, reasons)


def breakdown_of_runs(*runs: Run) -> Breakdown:
    """The final results of the runs, of which decided ones are compared."""
    reasons = (Reason.REMOVED, Reason.UNDECIDED)
    chosen = _named(Filters(with_uncounted=True), None, reasons)
    of_them = chosen.filter(
        run_id__in=[run.pk for run in runs],
        project_id__in={run.project_id for run in runs},
        partition_on__in={run.partition_on for run in runs},
    )
    parts: dict[str, list[int]] = {}
    for why, results, n_runs in _counted(of_them):
        _add(parts, why, results, results, n_runs)
    return _told(parts, reasons)


def reconciled_runs(filters: Filters, window: Window) -> Breakdown:
    """The runs of the window, of which those with totals of their vendor are compared."""
    reasons = (
        *(Reason.REMOVED, Reason.OTHER_BRANCH, Reason.COUNTS_ONLY),
        Reason.NO_VENDOR_TOTALS,
    )
    asked = replace(filters, with_uncounted=True)
    runs = Run.objects.filter(
        run_conditions(_everything(filters), removed_too=True),
        at__gte=window.since,
        at__lt=window.until,
    )
    named = runs.annotate(why=_first(_of_runs(asked), reasons))
    parts = dict(named.values_list("why").annotate(runs=Count("pk")).order_by())
    return _told({why: [0, 0, runs] for why, runs in parts.items()}, reasons)


def _told(parts: Mapping[str, Sequence[int]], reasons: Sequence[Reason]) -> Breakdown:
    told = {
        why: Part(results=results, from_rows=rows, runs=runs)
        for why, (results, rows, runs) in parts.items()
    }
    return Breakdown(
        used=told.get("", Part()),
        left_out={why: told.get(why, Part()) for why in reasons},
    )


def _add(parts: dict[str, list[int]], why: str, *numbers: int) -> None:
    before = parts.get(why, [0, 0, 0])
    parts[why] = [a + b for a, b in zip(before, numbers, strict=True)]


def _everything(filters: Filters) -> Filters:
    """Without what metrics leave out by default, which are reasons here."""
    return replace(filters, default_branches=(), with_uncounted=True)


def _rows(
    filters: Filters, window: Window | None, reasons: Sequence[Reason]
) -> QuerySet[Any, Any]:
    return _counted(_named(filters, window, reasons))


def _named(
    filters: Filters, window: Window | None, reasons: Sequence[Reason]
) -> QuerySet[Any]:
    """Final results, each with its reason."""
    stored = Result.objects.filter(
        result_conditions(_everything(filters), window, removed_too=True),
        is_final=True,
    )
    return stored.annotate(why=_first(_of_results(filters), reasons))


def _counted(named: QuerySet[Any]) -> QuerySet[Any, Any]:
    """Reason, results, runs."""
    counted: QuerySet[Any, Any] = named.values_list("why").annotate(
        n=Count("ordinal"), in_runs=Count("run_id", distinct=True)
    )
    return counted.order_by()


def _totals(
    filters: Filters, window: Window | None, reasons: Sequence[Reason]
) -> QuerySet[Any, Any]:
    runs = Run.objects.filter(
        run_conditions(_everything(filters), removed_too=True), detail=Detail.COUNTS
    )
    if window is not None:
        runs = runs.filter(at__gte=window.since, at__lt=window.until)
    named = runs.annotate(why=_first(_of_runs(filters), reasons))
    counted: QuerySet[Any, Any] = named.values_list("why").annotate(
        n=_sum(Status), decided=_sum(DECIDED), in_runs=Count("pk")
    )
    return counted.order_by()


def _sum(statuses: Iterable[Status]) -> Any:
    sums: list[Any] = [Sum(str(status)) for status in statuses]
    return reduce(operator.add, sums)


def _first(conditions: Mapping[Reason, Q], reasons: Sequence[Reason]) -> Case:
    """The name of the first reason that holds, "" for none."""
    known = [why for why in reasons if why in conditions]
    return Case(
        *(When(conditions[why], then=Value(str(why))) for why in known),
        default=Value(""),
        output_field=CharField(),
    )


def _of_runs(filters: Filters, of: str = "") -> dict[Reason, Q]:
    path = f"{of}__" if of else ""
    found = {
        Reason.REMOVED: Q(**{f"{path}removed_at__isnull": False}),
        Reason.EXCLUDED: is_uncounted(of),
        Reason.COUNTS_ONLY: Q(**{f"{path}detail": Detail.COUNTS}),
        Reason.MANUAL: ~Q(**{f"{path}kind": RunKind.AUTOMATED}),
        Reason.OUTAGE: is_outage(path),
        Reason.EXCLUDED_FROM_FLAKINESS: is_judged_apart(path),
        Reason.NO_VENDOR_TOTALS: Q(**{f"{path}vendor_counts__isnull": True}),
    }
    if filters.branches_in_force:
        found[Reason.OTHER_BRANCH] = ~default_branch_conditions(filters, path)
    if filters.with_uncounted:
        del found[Reason.EXCLUDED]
    return found


def _of_results(filters: Filters) -> dict[Reason, Q]:
    found = _of_runs(filters, "run")
    found[Reason.REMOVED] |= Q(removed_at__isnull=False)
    return found | {
        Reason.UNDECIDED: ~Q(status__in=DECIDED_CODES),
        Reason.NOT_PASSED: ~Q(status=STATUS_CODES[Status.PASSED]),
        Reason.NOT_FAILED: ~Q(status__in=NOT_PASSED_CODES),
        Reason.NO_DURATION: Q(duration_ms__isnull=True),
    }
