"""What the page of a milestone is made of, asked for once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from dashboard.annotations.audit_log import acts_of_milestone
from dashboard.filters import Filters
from dashboard.lists import RUNS, Page, page
from dashboard.lists.milestones import Member, members_of
from dashboard.lists.names import ProjectName
from dashboard.lists.runs import RunRow
from dashboard.metrics.milestones import Progress
from dashboard.models import Act
from dashboard.precomputed.milestones import progress_by_milestone
from dashboard.ui.list_layout import ListLayout
from dashboard.ui.panels import load_or_none
from ingest.models import Milestone

RUNS_SHOWN = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class PageData:
    """`progress` and `runs` are None when they did not load. `layout` has the
    connections of the milestone's projects alone.
    """

    layout: ListLayout
    milestone: Milestone
    members: Sequence[Member]
    progress: Progress | None
    runs: Page[RunRow] | None
    acts: Sequence[Act]

    @property
    def filters(self) -> Filters:
        return self.layout.state.filters

    def project(self, pk: int) -> ProjectName:
        """Without a name where it is gone meanwhile."""
        gone = ProjectName(id=pk, name="", tool="", connection=0, vendor_url="")
        return self.layout.projects.get(pk, gone)


def load_page_data(layout: ListLayout, milestone: Milestone) -> PageData:
    filters, pk, members = layout.state.filters, milestone.pk, members_of(milestone.pk)
    ids = [member.id for member in members]
    data = PageData(
        layout=layout,
        milestone=milestone,
        members=members,
        progress=load_or_none(
            "progress", lambda: progress_by_milestone([milestone], filters)[pk]
        ),
        acts=load_or_none("history", lambda: list(acts_of_milestone(pk, ids))) or (),
        runs=load_or_none("runs", lambda: page(RUNS, filters, limit=RUNS_SHOWN)),
    )
    used = {data.project(member.project).connection for member in members}
    own = [one for one in layout.connections if one.pk in used]
    return replace(data, layout=replace(layout, connections=own))
