"""The results that flakiness goes by, those that show it, and runs that are left out."""

from __future__ import annotations

from dataclasses import replace

from django.db.models import BooleanField, Exists, OuterRef, Q, QuerySet
from django.db.models.expressions import RawSQL

from dashboard.filters import Filters, Window, run_conditions
from dashboard.filters.counting import is_uncounted
from dashboard.lists.results import RESULTS, some_results
from dashboard.lists.runs import RUNS
from dashboard.metrics.flake_analysis import flake_analyses
from dashboard.metrics.flaky import is_left_out
from dashboard.metrics.histories import histories
from dashboard.metrics.time_lost import lost_executions
from dashboard.precomputed.flaky import flaky_cases
from dashboard.request_cache import cached_in_request
from ingest.contract import RunKind, Status
from ingest.models import NOT_PASSED_CODES, STATUS_CODES, Case, Result, Run


def _results(filters: Filters) -> QuerySet[Result]:
    chosen = RESULTS.select(filters).filter(run__kind=RunKind.AUTOMATED)
    return chosen.exclude(is_left_out("run__"))


def _retried(filters: Filters) -> QuerySet[Result]:
    """The attempts that did not pass in runs that passed after them."""
    plain = replace(filters, status=(), signature="", latest=False, final=True)
    finals = _results(plain).filter(attempt__gt=1, status=STATUS_CODES[Status.PASSED])
    same = ("project_id", "partition_on", "run_id", "case_id")
    of_this = finals.filter(**{name: OuterRef(name) for name in same})
    found = _of_statuses(filters, _NOT_PASSED).filter(Exists(of_this), is_final=False)
    if not filters.case:
        return found
    # Said of the attempts too, so that the index of their histories serves.
    projects = Case.objects.filter(pk__in=filters.case).values("project_id")
    return found.filter(project_id__in=projects, case_id__in=filters.case)


def _lost(filters: Filters) -> QuerySet[Result]:
    """The attempts that time was lost with: of the events of flaky tests, those that
    did not pass or ran again; of a single test that is asked for those of all events.
    """
    chosen = replace(filters.explicit(), status=(), final=False, sort="")
    found = cached_in_request(f"lost {chosen!r}", lambda: _lost_executions(chosen))
    projects, cases, runs = map(list, zip(*found, strict=True)) if found else [[]] * 3
    is_one = RawSQL(_OF_EXECUTIONS, [cases, runs], BooleanField())  # nosec B611 # names of ours; values are parameters
    return _of_statuses(filters, _NOT_PASSED | Q(attempt__gt=1)).filter(
        # Said of projects and cases too, so that the index of their histories serves.
        is_one,
        project_id__in=set(projects),
        case_id__in=set(cases),
    )


_NOT_PASSED = Q(status__in=NOT_PASSED_CODES)
_OF_EXECUTIONS = """
(ingest_result.case_id, ingest_result.run_id) IN (
    SELECT * FROM unnest(%s::bigint[], %s::bigint[]))
"""


def _of_statuses(filters: Filters, which: Q) -> QuerySet[Result]:
    """At any time: attempts belong to the window that their final result is in."""
    found = Result.objects.filter(which, removed_at=None)
    if filters.status:
        codes = [STATUS_CODES[Status(word)] for word in filters.status]
        found = found.filter(status__in=codes)
    return found


def _lost_executions(filters: Filters) -> list[tuple[int, int, int]]:
    cases = filters.case
    if len(cases) != 1:
        cases = tuple(flaky_cases(filters).cases.tolist())
    told = flake_analyses(histories(filters, filters.window(), cases))
    return lost_executions(told)


def _runs(filters: Filters) -> QuerySet[Run]:
    return RUNS.select(filters).filter(is_left_out(), kind=RunKind.AUTOMATED)


def _uncounted(filters: Filters) -> QuerySet[Run]:
    return RUNS.select(replace(filters, with_uncounted=True)).filter(is_uncounted())


RESULTS_OF_FLAKINESS = some_results("results of flakiness", _results)
RETRIED_ATTEMPTS = some_results("retried attempts", _retried)
LOST_ATTEMPTS = some_results("lost attempts", _lost)
RUNS_LEFT_OUT = replace(RUNS, name="runs left out", select=_runs)
RUNS_UNCOUNTED = replace(RUNS, name="runs not counted", select=_uncounted)


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


def uncounted_runs(filters: Filters, window: Window | None) -> int:
    """Runs that a person excluded from every number and that began in the window; with
    a filter on cases, those that hold one of them. Words do not apply.
    """
    chosen = replace(filters, q="", status=(), signature="", message="")
    if window is not None:
        chosen = chosen.over(window)
    return _uncounted(chosen).count()
