"""The tests that count for a milestone, as a list of cases."""

from __future__ import annotations

from dataclasses import replace

from django.db.models import QuerySet

from dashboard.filters import Filters
from dashboard.filters.selection import text_conditions
from dashboard.lists.cases import CASES, CaseRow
from dashboard.lists.listing import Listing
from dashboard.metrics.milestones.scope import Part, cases_in_scope
from ingest.models import Case


def in_scope(part: Part) -> Listing[CaseRow]:
    """The list of a part of the tests in scope of the filters' milestones."""

    def select(filters: Filters) -> QuerySet[Case]:
        cases = cases_in_scope(filters, part)
        if filters.case:
            cases = cases.filter(pk__in=filters.case)
        return cases.filter(text_conditions(filters.q)) if filters.q else cases

    return replace(CASES, name="tests in scope", select=select, is_count_kept=False)
