"""How often each of some cases was executed, and how it went last."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import Count

from dashboard.filters import Filters, result_conditions
from dashboard.metrics.newest import newest
from dashboard.metrics.strips import EARLIER, statuses
from ingest.contract import Status
from ingest.models import STATUS_OF_CODE, Result


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFigures:
    """Final results of a case; `status` is that of the newest, at `at`."""

    results: int
    status: Status
    at: datetime


def case_figures(
    cases: Collection[int], projects: Collection[int], filters: Filters
) -> Mapping[int, CaseFigures]:
    """By case, in the list's window; two queries. `projects` are those of the cases."""
    if not cases:
        return {}
    chosen = replace(filters, case=(), q="", status=(), project=())
    finals = Result.objects.filter(
        result_conditions(chosen, filters.list_window()),
        project_id__in=projects,
        is_final=True,
    )
    counts = dict(
        finals.filter(case_id__in=cases)
        .order_by()
        .values_list("case_id")
        .annotate(results=Count("*"))
    )
    return {
        case: CaseFigures(results=counts[case], status=STATUS_OF_CODE[code], at=at)
        for case, code, at, _ in newest(
            finals, cases, ("status", "at", "ordinal"), last=1
        )
        # A result may come or go between the two queries.
        if case in counts
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class NewestOutcome:
    """How a case went last, and the attempts before that."""

    status: Status
    earlier: tuple[Status, ...]


def newest_outcomes(
    cases: Collection[int], filters: Filters
) -> Mapping[int, NewestOutcome]:
    """By case, in runs of people too; one query."""
    if not cases:
        return {}
    finals = Result.objects.filter(result_conditions(filters), is_final=True)
    columns = ("status", "at", "ordinal", "earlier")
    found = newest(finals.annotate(earlier=EARLIER), cases, columns, last=1)
    return {
        case: NewestOutcome(status=STATUS_OF_CODE[code], earlier=statuses(earlier))
        for case, code, _, _, earlier in found
    }
