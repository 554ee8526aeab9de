"""Open milestones that are late or will probably be, the soonest due first."""

from __future__ import annotations

from collections.abc import Sequence

from dashboard.filters import Filters
from dashboard.lists.listing import ONLY_LISTS
from dashboard.lists.milestones import MilestoneRow
from dashboard.lists.milestones import rows as milestone_rows
from dashboard.lists.ranked import Ranking
from dashboard.metrics.milestones import Progress
from dashboard.metrics.milestones.risk import lateness_order
from dashboard.precomputed.milestones import at_risk_milestones
from ingest.models import Milestone


def compute(filters: Filters) -> list[Progress]:
    """Those overdue or at risk; `q` is part of their name."""
    wanted = filters.q.casefold()
    found = at_risk_milestones(filters)
    return [one for one in found if wanted in one.name.casefold()]


def rows(_: Filters, late: Sequence[Progress]) -> list[MilestoneRow]:
    by_id = Milestone.objects.in_bulk([one.milestone for one in late])
    return milestone_rows([by_id[one.milestone] for one in late])


AT_RISK = Ranking(
    name="milestones at risk",
    row=MilestoneRow,
    compute=compute,
    key=lateness_order,
    rows=rows,
    refused=ONLY_LISTS,
)
