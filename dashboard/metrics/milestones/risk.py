"""Milestones that are late, and those that will probably be: their p90 lies after the
due day.
"""

from __future__ import annotations

from collections.abc import Iterable

from dashboard.filters import Filters, selected_projects
from dashboard.metrics.milestones.progress import Progress
from ingest.contract import MilestoneState
from ingest.models import Milestone, MilestoneMember


def open_with_due_day(filters: Filters) -> list[Milestone]:
    """Open milestones of the chosen projects that are due some day."""
    members = MilestoneMember.objects.filter(
        project__in=selected_projects(filters), removed_at=None
    )
    open_ones = Milestone.objects.filter(
        pk__in=members.values("milestone_id"),
        state=MilestoneState.OPEN,
        due_at__isnull=False,
    )
    if filters.milestone:
        open_ones = open_ones.filter(pk__in=filters.milestone)
    return list(open_ones)


def at_risk(milestones: Iterable[Progress]) -> list[Progress]:
    """Those that are overdue, of which the ones with nothing in scope last, then those
    at risk; each the soonest due first.
    """
    late = [one for one in milestones if one.is_overdue or one.is_at_risk]
    return sorted(late, key=lateness_order)


def lateness_order(one: Progress) -> tuple[bool, bool, str, int]:
    return not one.is_overdue, not one.scope, str(one.due_on), one.milestone


def without_window(filters: Filters) -> Filters:
    """The same filters on runs, with all that a milestone has whatever its time."""
    return Filters(
        project=filters.project,
        connection=filters.connection,
        tool=filters.tool,
        source=filters.source,
        configuration=filters.configuration,
        branch=filters.branch,
        now=filters.now,
    )
