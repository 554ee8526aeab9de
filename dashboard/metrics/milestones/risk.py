"""Milestones that will probably be late: their p90 lies after the due day."""

from __future__ import annotations

from dashboard.filters import Filters, selected_projects
from dashboard.metrics.milestones.progress import Progress, progress_of
from ingest.contract import MilestoneState
from ingest.models import Milestone, MilestoneMember


def at_risk_milestones(filters: Filters) -> list[Progress]:
    """Open milestones of the chosen projects at risk, the soonest due first.

    Each row has milestone (id), name, due_at, forecast.p10 and p90, passed_share, left
    and counts. `milestone` narrows too; a window does not: a milestone is the whole of
    its runs. A fixed number of queries.
    """
    members = MilestoneMember.objects.filter(project__in=selected_projects(filters))
    open_ones = Milestone.objects.filter(
        pk__in=members.values("milestone_id"),
        state=MilestoneState.OPEN,
        due_at__isnull=False,
    )
    if filters.milestone:
        open_ones = open_ones.filter(pk__in=filters.milestone)
    found = progress_of(list(open_ones), without_window(filters)).values()
    at_risk = [one for one in found if one.is_at_risk]
    return sorted(at_risk, key=lambda one: (str(one.due_on), one.milestone))


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
