"""What the page of a milestone is made of, asked for once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from dashboard.annotations.audit_log import acts_of_milestone
from dashboard.filters import Filters
from dashboard.lists import RUNS, Page, page
from dashboard.lists.milestones import Member, members_of
from dashboard.lists.runs import RunRow
from dashboard.metrics.milestones import Progress
from dashboard.models import Act
from dashboard.precomputed.milestones import progress_by_milestone
from dashboard.ui.list_layout import ListLayout
from dashboard.ui.panels import part
from ingest.models import Connection, Milestone

RUNS_SHOWN = 6


@dataclass(frozen=True, kw_only=True)
class PageData:
    """`progress` and `runs` are None when they did not load. `connections` are those of
    the milestone's projects alone.
    """

    layout: ListLayout
    milestone: Milestone

    @property
    def filters(self) -> Filters:
        return self.layout.state.filters

    @cached_property
    def members(self) -> Sequence[Member]:
        return members_of(self.milestone.pk)

    @cached_property
    def connections(self) -> Sequence[Connection]:
        projects = [self.layout.project(member.project) for member in self.members]
        used = {project.connection for project in projects}
        return [one for one in self.layout.connections if one.pk in used]

    @part("progress")
    def progress(self) -> Progress:
        return progress_by_milestone([self.milestone], self.filters)[self.milestone.pk]

    @part("runs")
    def runs(self) -> Page[RunRow]:
        return page(RUNS, self.filters, limit=RUNS_SHOWN)

    @part("history")
    def acts(self) -> Sequence[Act]:
        ids = [member.id for member in self.members]
        return list(acts_of_milestone(self.milestone.pk, ids))
