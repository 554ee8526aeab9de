"""The attempts before the final results of a list."""

from __future__ import annotations

from collections.abc import Sequence

from dashboard.lists.results import ResultRow
from ingest.contract import Status
from ingest.models import STATUS_OF_CODE, Case, Result


def earlier_attempts(results: Sequence[ResultRow]) -> dict[int, tuple[Status, ...]]:
    """The outcomes of the attempts before each of these final results, in their order,
    by the id of the result; without those that had one attempt only. One query.
    """
    repeats = {
        (row.run, row.case.id): row.id
        for row in results
        if row.final and row.attempt > 1
    }
    if not repeats:
        return {}
    runs, cases = {run for run, _ in repeats}, {case for _, case in repeats}
    rows = Result.objects.filter(
        project_id__in=Case.objects.filter(pk__in=cases).values("project_id"),
        case_id__in=cases,
        run_id__in=runs,
        is_final=False,
        removed_at=None,
    )
    found: dict[int, tuple[Status, ...]] = {}
    for run, case, code in rows.order_by("attempt", "ordinal").values_list(
        "run_id", "case_id", "status"
    ):
        if result := repeats.get((run, case)):
            found[result] = (*found.get(result, ()), STATUS_OF_CODE[code])
    return found
