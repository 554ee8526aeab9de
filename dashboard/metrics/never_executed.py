"""Tests without any result, of which their tool told: a part of what is in scope."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from dashboard.filters import Filters
from dashboard.filters.selection import project_conditions, text_conditions
from ingest.models import Case, MilestoneCase


def never_executed(filters: Filters, until: datetime) -> QuerySet[Case]:
    """Those of the chosen projects, or that their tool assigned to the chosen milestones,
    of which it told before `until`. None where the filters choose among runs: such a test
    has no run that could be of a source, a configuration or a branch.
    """
    if filters.source or filters.configuration or filters.branch:
        return Case.objects.none()
    chosen = Q(project__removed_at=None, gone_at=None, declared_at__lt=until)
    cases = Case.objects.filter(chosen, project_conditions(filters, "project__"))
    if filters.case:
        cases = cases.filter(pk__in=filters.case)
    if filters.q:
        cases = cases.filter(text_conditions(filters.q))
    if filters.milestone:
        links = MilestoneCase.objects.filter(
            case=OuterRef("pk"),
            removed_at=None,
            member__milestone__in=filters.milestone,
        )
        cases = cases.filter(Exists(links))
    return cases
