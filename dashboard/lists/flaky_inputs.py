"""The results that flakiness goes by, and the runs that it leaves out."""

from __future__ import annotations

from dataclasses import replace

from django.db.models import QuerySet

from dashboard.filters import Filters, Window, run_conditions
from dashboard.lists.results import RESULTS
from dashboard.lists.runs import RUNS
from dashboard.metrics.flaky import is_left_out
from ingest.contract import RunKind
from ingest.models import Result, Run


def _results(filters: Filters) -> QuerySet[Result]:
    chosen = RESULTS.select(filters).filter(run__kind=RunKind.AUTOMATED)
    return chosen.exclude(is_left_out("run__"))


def _runs(filters: Filters) -> QuerySet[Run]:
    return RUNS.select(filters).filter(is_left_out(), kind=RunKind.AUTOMATED)


RESULTS_OF_FLAKINESS = replace(RESULTS, name="results of flakiness", select=_results)
RUNS_LEFT_OUT = replace(RUNS, name="runs left out", select=_runs)


def left_out_runs(filters: Filters, window: Window) -> tuple[int, int]:
    """Automated runs that began in the window and that flakiness leaves out: all of
    them, and those of them that a person excluded. Filters by case and text do not
    apply.
    """
    runs = Run.objects.filter(
        run_conditions(filters),
        is_left_out(),
        kind=RunKind.AUTOMATED,
        at__gte=window.since,
        at__lt=window.until,
    )
    verdicts = list(runs.values_list("judgement__verdict", flat=True))
    return len(verdicts), sum(verdict == "excluded" for verdict in verdicts)
