"""Which of the results the filters choose, as masks over their columns."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import reduce

import numpy as np
from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Q

from dashboard.column_store.columns import ResultColumns
from dashboard.column_store.months import results_in, results_touching
from dashboard.column_store.numbers import is_among
from dashboard.column_store.past import LaterChanges
from dashboard.filters import Filters, Window, run_conditions
from dashboard.filters.selection import text_conditions
from dashboard.reading.scope import past, scope_key
from dashboard.request_cache import cached_in_request
from ingest.contract import Status
from ingest.models import STATUS_CODES, Case, Run

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenResults:
    """Results of a project in a month, by case and then by time: `is_final` where one is
    a final result that was chosen, `is_attempt` where it is any that there is of the
    chosen runs.
    """

    project: int
    results: ResultColumns
    is_final: np.ndarray
    is_attempt: np.ndarray

    @property
    def finals(self) -> ResultColumns:
        return self.results.chosen(self.is_final)


def chosen_results(
    filters: Filters,
    window: Window,
    runs: Q,
    cases: Collection[int] | None = None,
) -> Iterator[ChosenResults]:
    """The results that are not removed of the runs that the filters choose among `runs`;
    only those of `cases`, if any.
    """
    run_ids = _run_ids(filters, runs, cases)
    case_ids = chosen_cases(filters, cases)
    since, until = microseconds(window.since), microseconds(window.until)
    codes = [STATUS_CODES[Status(word)] for word in filters.status]
    for project, results in _as_recorded(run_ids, window):
        is_attempt = is_among(results.runs, run_ids[project]) & (
            results.removed_at == 0
        )
        if case_ids is not None:
            is_attempt &= is_among(results.cases, case_ids)
        is_final = is_attempt & results.is_final
        is_final &= (results.times >= since) & (results.times < until)
        if codes:
            is_final &= is_among(results.statuses, codes)
        yield ChosenResults(
            project=project, results=results, is_final=is_final, is_attempt=is_attempt
        )


def _as_recorded(
    projects: Collection[int], window: Window
) -> Iterator[tuple[int, ResultColumns]]:
    """Today, or at the moment that is looked at: months tell then nothing of the window."""
    moment = past()
    if moment is None:
        yield from results_touching(projects, window)
        return
    changes = LaterChanges(moment, projects)
    for project, results in results_touching(projects, None):
        yield project, _recorded(results, moment, changes)


class RecordedMonths:
    """The results that are filed in months of projects, today or at the moment that is
    looked at; removed ones too.
    """

    def __init__(self, months: Mapping[int, Collection[date]]) -> None:
        self._today = results_in(months)
        self._moment = past()
        self._changes = LaterChanges(self._moment, months) if self._moment else None

    def of(self, project: int, months: Collection[date]) -> Iterator[ResultColumns]:
        """Some of them, each month's by case and then by time."""
        for month in sorted(months):
            results = self._today.get((project, month))
            if results is not None and self._moment and self._changes:
                yield _recorded(results, self._moment, self._changes)
            elif results is not None:
                yield results


def _recorded(
    results: ResultColumns, moment: datetime, changes: LaterChanges
) -> ResultColumns:
    there = results.chosen(results.recorded_at <= microseconds(moment))
    return changes.before_them(there)


def microseconds(moment: datetime) -> int:
    """Since 1970, exactly."""
    return (moment - EPOCH) // timedelta(microseconds=1)


def from_microseconds(since_1970: int) -> datetime:
    return EPOCH + timedelta(microseconds=since_1970)


def _run_ids(
    filters: Filters, runs: Q, cases: Collection[int] | None
) -> dict[int, np.ndarray]:
    """By project."""
    chosen = Run.objects.filter(run_conditions(filters) & runs)
    asked = cases if cases is not None else filters.case
    # A page about a case names its project.
    if asked and not filters.project:
        of_cases = Case.objects.filter(pk__in=asked).values("project_id")
        chosen = chosen.filter(project__in=of_cases)
    by_project = (
        chosen.order_by().values_list("project_id").annotate(ids=ArrayAgg("pk"))
    )
    return {project: np.asarray(ids, dtype=np.int64) for project, ids in by_project}


def chosen_cases(
    filters: Filters, cases: Collection[int] | None = None
) -> np.ndarray | None:
    """The ids of those that the filters choose among `cases`; None for all."""
    asked = [
        np.unique(np.fromiter(some, dtype=np.int64))
        for some in (cases, filters.case or None)
        if some is not None
    ]
    if filters.q:
        asked.append(_cases_with(filters.q))
    return reduce(np.intersect1d, asked) if asked else None


def _cases_with(text: str) -> np.ndarray:
    """By id, those whose name, folder or key contains it: one query for a request."""

    def load() -> np.ndarray:
        found = Case.objects.filter(text_conditions(text))
        ids = found.order_by().aggregate(ids=ArrayAgg("pk"))["ids"]
        return np.unique(np.asarray(ids or (), dtype=np.int64))

    return cached_in_request(f"cases with {text!r} {scope_key()}", load)
