"""What the page of a milestone is made of, asked for once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from dashboard.annotations.audit_log import acts_of_milestone
from dashboard.filters import Filters
from dashboard.lists import RUNS, Page, page
from dashboard.lists.names import ProjectName
from dashboard.lists.runs import RunRow
from dashboard.metrics.milestones import Progress
from dashboard.models import Act
from dashboard.precomputed.milestones import progress_by_milestone
from dashboard.ui.filter_bar import tool
from dashboard.ui.list_layout import ListLayout
from dashboard.ui.panels import load_or_none
from dashboard.ui.parts import Tool
from dashboard.ui.url_state import PageState
from ingest.models import Milestone, MilestoneMember

RUNS_SHOWN = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class PageData:
    """`progress` and `runs` are None when they did not load. `frame` has the
    connections of the milestone's projects alone.
    """

    frame: ListLayout
    milestone: Milestone
    members: Sequence[MilestoneMember]
    progress: Progress | None
    runs: Page[RunRow] | None
    acts: Sequence[Act]

    @property
    def state(self) -> PageState:
        return self.frame.state

    @property
    def filters(self) -> Filters:
        return self.frame.state.filters

    @property
    def projects(self) -> Mapping[int, ProjectName]:
        return self.frame.projects

    def tool_of(self, project: int) -> Tool:
        known = self.projects.get(project)
        return tool(known.tool) if known else Tool(vendor="", label="")


def load_page_data(frame: ListLayout, milestone: Milestone) -> PageData:
    state, pk = frame.state, milestone.pk
    members = MilestoneMember.objects.filter(milestone=pk).order_by("pk")
    known = list(members.select_related("project", "placement"))
    used = {member.project.connection_id for member in known}
    connections = [c for c in frame.connections if c.pk in used]
    return PageData(
        frame=replace(frame, connections=connections),
        milestone=milestone,
        members=known,
        progress=load_or_none(
            "progress", lambda: progress_by_milestone([milestone], state.filters)[pk]
        ),
        acts=load_or_none("history", lambda: _acts(pk, known)) or (),
        runs=load_or_none("runs", lambda: page(RUNS, state.filters, limit=RUNS_SHOWN)),
    )


def _acts(milestone: int, members: Sequence[MilestoneMember]) -> Sequence[Act]:
    return list(acts_of_milestone(milestone, [member.pk for member in members]))
