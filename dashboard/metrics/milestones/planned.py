"""The tests that their tools assigned to milestones."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
from django.db.models import BooleanField, ExpressionWrapper, F, Q, QuerySet
from django.db.models.functions import Coalesce, Least

from dashboard.column_store.selection import microseconds
from dashboard.filters import Filters
from dashboard.filters.selection import project_conditions, text_conditions
from ingest.models import Case, MilestoneCase


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedTests:
    """Those of one milestone: `times` are microseconds since 1970. `is_first`: it was
    assigned when the list was first read.
    """

    cases: np.ndarray
    projects: np.ndarray
    times: np.ndarray
    is_first: np.ndarray

    def entered_at(self, first_run_at: int | None) -> np.ndarray:
        """What was there when the list was first read is in scope from the first run on."""
        if first_run_at is None:
            return self.times
        earlier = np.minimum(self.times, first_run_at)
        return np.where(self.is_first, earlier, self.times)


def planned_tests(
    milestones: Collection[int], filters: Filters
) -> Mapping[int, PlannedTests]:
    """Of each milestone that has any; none where filters choose among runs or their times,
    as these have none. One query.
    """
    chooses_runs = filters.source or filters.configuration or filters.branch
    if filters.list_window() is not None or chooses_runs:
        return {}
    links = MilestoneCase.objects.filter(
        removed_at__isnull=True,
        member__milestone__in=milestones,
        case__in=_cases(filters),
    )
    rows = links.values_list(
        "member__milestone",
        "case",
        "case__project",
        # Nothing comes after the end of the milestone.
        Least("recorded_at", "member__completed_at"),
        _is_first(),
    )
    by_milestone: dict[int, list[tuple[int, int, int, bool]]] = {}
    for milestone, case, project, at, is_first in rows:
        one = case, project, microseconds(at), is_first
        by_milestone.setdefault(milestone, []).append(one)
    return {pk: _columns(tests) for pk, tests in by_milestone.items()}


def _cases(filters: Filters) -> QuerySet[Case]:
    chosen = Case.objects.filter(
        project_conditions(filters, "project__"), gone_at__isnull=True
    )
    if filters.case:
        chosen = chosen.filter(pk__in=filters.case)
    return chosen.filter(text_conditions(filters.q)) if filters.q else chosen


def _is_first() -> Coalesce:
    was_there = Q(recorded_at__lte=F("member__cases_first_read_at"))
    return Coalesce(ExpressionWrapper(was_there, BooleanField()), False)


def _columns(tests: list[tuple[int, int, int, bool]]) -> PlannedTests:
    cases, projects, times, is_first = np.array(tests, dtype=np.int64).T
    return PlannedTests(
        cases=cases, projects=projects, times=times, is_first=is_first.astype(bool)
    )
