"""Runs with the vendor's own totals beside ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, QuerySet

from dashboard.addresses import address
from dashboard.filters import Filters
from dashboard.lists.listing import ONLY_LISTS, Listing, PagePath
from dashboard.lists.runs import RUNS
from dashboard.lists.runs import select as select_runs
from dashboard.metrics.reconciliation import reconcilable_runs, reconcile
from ingest.models import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconciliationRow:
    """One run. `basis` status: final results by status; coarse: attempts as passed,
    not_passed (failed and error) and other. `difference` is ours minus the vendor's.
    """

    run: int
    project: int
    name: str
    started_at: datetime | None
    basis: str
    vendor: Mapping[str, int]
    ours: Mapping[str, int]
    difference: Mapping[str, int]
    agrees: bool
    url: PagePath


def select(filters: Filters) -> QuerySet[Run]:
    """Runs of the window; `case` and `q` choose among them as in the list of runs."""
    runs = reconcilable_runs(filters, filters.window())
    if filters.case or filters.q:
        runs = runs.filter(
            pk__in=select_runs(filters.explicit()).order_by().values("pk")
        )
    return runs


def rows(runs: Sequence[Run]) -> list[ReconciliationRow]:
    return [
        ReconciliationRow(
            run=row.run,
            project=row.project,
            name=row.name,
            started_at=row.started_at,
            basis=row.basis,
            vendor=row.vendor,
            ours=row.ours,
            difference=row.difference,
            agrees=row.agrees,
            url=PagePath(address("run", row.run)),
        )
        for row in reconcile(runs)
    ]


RECONCILIATION = Listing(
    name="reconciliation",
    row=ReconciliationRow,
    select=select,
    rows=rows,
    sorts={"started_at": F("at")},
    default_sort="-started_at",
    moved=RUNS.moved,
    refused=ONLY_LISTS,
)
