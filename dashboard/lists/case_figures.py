"""How often each of some cases was executed, and how it went last."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import Count, F, Window
from django.db.models.functions import RowNumber

from dashboard.filters import Filters, result_conditions
from dashboard.metrics.strips import NEWEST_FIRST
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
    """By case, in the list's window; one query. `projects` are those of the cases."""
    if not cases:
        return {}
    chosen = replace(filters, case=(), q="", status=(), project=())
    finals = Result.objects.filter(
        result_conditions(chosen, filters.list_window()),
        project_id__in=projects,
        case_id__in=cases,
        is_final=True,
    )
    newest = finals.annotate(
        results=Window(Count("ordinal"), partition_by=[F("case_id")]),
        place=Window(RowNumber(), partition_by=[F("case_id")], order_by=NEWEST_FIRST),
    ).filter(place=1)
    return {
        case: CaseFigures(results=results, status=STATUS_OF_CODE[code], at=at)
        for case, results, code, at in newest.values_list(
            "case_id", "results", "status", "at"
        )
    }
