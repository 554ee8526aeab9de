"""The last outcomes of cases, oldest first."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, Q, Window
from django.db.models.functions import Collate, RowNumber

from dashboard.filters import Filters, result_conditions
from dashboard.filters import Window as TimeWindow
from ingest.contract import RunKind, Status
from ingest.models import STATUS_OF_CODE, Result
from ingest.models.results import ORDINALS

LETTERS = {
    Status.PASSED: "P",
    Status.FAILED: "F",
    Status.ERROR: "E",
    Status.SKIPPED: "S",
    Status.BLOCKED: "B",
}
# By time, then by the vendor's id of the run: ours tells the order of arrival only.
# In code points, so that every server sorts alike.
NEWEST_FIRST = (F("at").desc(), Collate("run__external_id", "C").desc())


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One final result of a case; `result` is its id in the API."""

    status: Status
    at: datetime
    run: int
    result: int


def letters(cells: Iterable[Cell]) -> str:
    """P F E S B, and U for untested, running and unknown."""
    return "".join(LETTERS.get(cell.status, "U") for cell in cells)


def strips(
    cases: Collection[int],
    filters: Filters,
    window: TimeWindow | None = None,
    *,
    last: int = 30,
    projects: Collection[int] = (),
) -> dict[int, tuple[Cell, ...]]:
    """The `last` final results of each case in automated runs, oldest first.

    `projects`: of the cases, where known, so that the index of a case's history serves.
    """
    if not cases:
        return {}
    of_project = Q(project_id__in=projects) if projects else Q()
    rows = (
        Result.objects.filter(result_conditions(filters, window), of_project)
        .filter(case_id__in=cases, is_final=True, run__kind=RunKind.AUTOMATED)
        .annotate(
            place=Window(
                RowNumber(), partition_by=[F("case_id")], order_by=NEWEST_FIRST
            )
        )
        .filter(place__lte=last)
        .order_by("case_id", "-place")
        .values_list("case_id", "status", "at", "run_id", "ordinal")
    )
    found: dict[int, list[Cell]] = {}
    for case, code, at, run, ordinal in rows:
        cell = Cell(
            status=STATUS_OF_CODE[code],
            at=at,
            run=run,
            result=run * ORDINALS + ordinal,
        )
        found.setdefault(case, []).append(cell)
    return {case: tuple(cells) for case, cells in found.items()}
