"""The totals that vendors state against the rows that are stored here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from django.db.models import IntegerField, Q, QuerySet
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce

from dashboard.filters import Filters, Window, run_conditions
from ingest.contract import Detail, Status
from ingest.models import Run

Basis = Literal["status", "coarse"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReconciliation:
    """One run. `basis` "status": final results by status; "coarse", for vendors that
    tell only so much: attempts as passed, not_passed (failed + error) and other.
    `difference` is ours minus the vendor's, by the same words.
    """

    run: int
    project: int
    name: str
    started_at: datetime | None
    at: datetime
    basis: Basis
    vendor: Mapping[str, int]
    ours: Mapping[str, int]

    @property
    def difference(self) -> dict[str, int]:
        return {word: self.ours[word] - n for word, n in self.vendor.items()}

    @property
    def agrees(self) -> bool:
        return not any(self.difference.values())


def reconcilable_runs(filters: Filters, window: Window) -> QuerySet[Run]:
    """Runs of the window with rows here and totals stated by the vendor, also those that
    a person excluded: how well a run was read is no number of its tests.
    """
    return Run.objects.filter(
        run_conditions(replace(filters, with_uncounted=True)),
        at__gte=window.since,
        at__lt=window.until,
        detail=Detail.ROWS,
        vendor_counts__isnull=False,
    )


def differing_runs(filters: Filters, window: Window) -> QuerySet[Run]:
    """Those of them whose totals differ, newest first."""
    of_status = Q()
    for status in Status:
        of_status |= ~Q(**{str(status): _stated(status)})
    of_attempts = (
        ~Q(attempts_passed=_stated(Status.PASSED))
        | ~Q(attempts_not_passed=_stated(Status.FAILED) + _stated(Status.ERROR))
        | ~Q(attempts_other=_stated_rest())
    )
    differs = Q(vendor_counts_are_coarse=False) & of_status
    differs |= Q(vendor_counts_are_coarse=True) & of_attempts
    return reconcilable_runs(filters, window).filter(differs).order_by("-at", "-pk")


def reconcile(runs: Iterable[Run]) -> list[RunReconciliation]:
    return [_reconcile_run(run) for run in runs]


def _reconcile_run(run: Run) -> RunReconciliation:
    stated = {str(s): int((run.vendor_counts or {}).get(s) or 0) for s in Status}
    ours = {str(s): getattr(run, s) for s in Status}
    if run.vendor_counts_are_coarse:
        stated = _coarse(stated)
        ours = {
            "passed": run.attempts_passed,
            "not_passed": run.attempts_not_passed,
            "other": run.attempts_other,
        }
    return RunReconciliation(
        run=run.pk,
        project=run.project_id,
        name=run.name,
        started_at=run.started_at,
        at=run.at,
        basis="coarse" if run.vendor_counts_are_coarse else "status",
        vendor=stated,
        ours=ours,
    )


def _coarse(counts: Mapping[str, int]) -> dict[str, int]:
    not_passed = counts["failed"] + counts["error"]
    other = sum(counts.values()) - counts["passed"] - not_passed
    return {"passed": counts["passed"], "not_passed": not_passed, "other": other}


def _stated(status: Status) -> Coalesce:
    text = KeyTextTransform(str(status), "vendor_counts")
    return Coalesce(Cast(text, IntegerField()), 0)


def _stated_rest() -> Any:
    told = {Status.PASSED, Status.FAILED, Status.ERROR}
    rest: Any = None
    for status in Status:
        if status not in told:
            rest = _stated(status) if rest is None else rest + _stated(status)
    return rest
