"""The last outcomes of cases, oldest first."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from dashboard.filters import Filters, Window, result_conditions
from dashboard.metrics.newest import newest
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
    window: Window | None = None,
    *,
    last: int = 30,
) -> dict[int, tuple[Cell, ...]]:
    """The `last` final results of each case in automated runs, oldest first."""
    finals = Result.objects.filter(
        result_conditions(filters, window),
        is_final=True,
        run__kind=RunKind.AUTOMATED,
    )
    columns = ("status", "at", "run_id", "ordinal")
    found: dict[int, list[Cell]] = {}
    for case, code, at, run, ordinal in newest(finals, cases, columns, last=last):
        cell = Cell(
            status=STATUS_OF_CODE[code],
            at=at,
            run=run,
            result=run * ORDINALS + ordinal,
        )
        found.setdefault(case, []).append(cell)
    return {case: tuple(reversed(cells)) for case, cells in found.items()}
