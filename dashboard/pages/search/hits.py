"""What was found, a line each: a name that leads to its page, with its state."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from dashboard.filters import Filters, with_what_counts
from dashboard.lists.case_figures import newest_outcomes
from dashboard.lists.cases import CaseRow
from dashboard.lists.milestones import MilestoneRow
from dashboard.lists.names import ProjectName, project_names
from dashboard.lists.runs import RunRow
from dashboard.ui import links
from dashboard.ui.notes_and_mutes import muted_title, remarks_on
from dashboard.ui.panels import load_or_none
from dashboard.ui.parts import State
from dashboard.ui.run_rows import GLYPHS, run_name
from dashboard.ui.sidebar import SidebarCounts
from dashboard.ui.svg.outcomes import glyph_of
from dashboard.ui.text import numbers, times
from dashboard.ui.text.milestones import due_day, milestone_word
from dashboard.ui.url_state import PageState

NEVER_RAN = State(glyph="run", word="not run")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One line: a name that leads to its page, and what helps to tell it apart.

    `muted` says until when a test is muted, "" where it is not. `icon` is of what has
    no state.
    """

    text: str
    href: str
    icon: str = ""
    detail: str = ""
    tool: str = ""
    state: State | None = None
    muted: str = ""


@dataclass(frozen=True, slots=True)
class Hits:
    """Makes lines of the rows of lists, for a page of this state."""

    state: PageState
    counts: SidebarCounts
    projects: Mapping[int, ProjectName] = field(default_factory=project_names)

    def of_projects(self, wanted: Iterable[ProjectName]) -> Iterable[Hit]:
        for project in wanted:
            yield Hit(
                text=project.name,
                href=links.project(project.id),
                tool=project.tool,
                state=self._failing(project.id),
            )

    def of_cases(self, cases: Sequence[CaseRow]) -> Iterable[Hit]:
        ids = [case.id for case in cases]
        remarks, states = remarks_on(ids, self.state.filters.now), self._outcomes(ids)
        for case in cases:
            yield Hit(
                text=case.name,
                href=links.case(case.id),
                detail=self._detail(case.project, case.folder),
                tool=self._tool(case.project),
                state=states.get(case.id, NEVER_RAN),
                muted=muted_title(self.state, case.id, remarks),
            )

    def of_runs(self, runs: Sequence[RunRow]) -> Iterable[Hit]:
        now, zone = self.state.filters.now, self.state.zone
        for run in runs:
            started = times.moment(run.started_at or run.recorded_at, now, zone)
            yield Hit(
                text=run_name(run.name, run.external_id),
                href=links.run(run.id),
                detail=self._detail(run.project, started),
                tool=self._tool(run.project),
                state=State(glyph=GLYPHS.get(run.status, "unknown"), word=run.status),
            )

    def of_milestones(self, milestones: Sequence[MilestoneRow]) -> Iterable[Hit]:
        for row in milestones:
            yield Hit(
                text=row.name,
                href=links.milestone(row.id),
                detail=due_day(row.due_at, self.state.filters.now),
                state=milestone_word(row, self.state),
            )

    def _failing(self, project: int) -> State | None:
        """How many of its tests fail now, None where that did not load."""
        if project in self.counts.only_totals:
            return State(glyph="unknown", word="totals only")
        if self.counts.failing is None or self.counts.flaky is None:
            return None
        number = self.counts.failing.get(project, 0)
        if number:
            return State(glyph="fail", word=f"{numbers.count(number)} failing")
        return State(glyph="fixed", word="none failing")

    def _outcomes(self, cases: Collection[int]) -> Mapping[int, State]:
        """How each test went last; empty where it did not load."""
        filters = with_what_counts(Filters(now=self.state.filters.now))
        newest = load_or_none("outcomes", lambda: newest_outcomes(cases, filters))
        return {
            case: State(glyph=glyph_of(last.status, last.earlier), word=last.status)
            for case, last in (newest or {}).items()
        }

    def _tool(self, project: int) -> str:
        return self.projects[project].tool if project in self.projects else ""

    def _detail(self, project: int, detail: str) -> str:
        name = self.projects[project].name if project in self.projects else ""
        return " / ".join(part for part in (name, detail) if part)
