"""All that a stand-up is made of, each part asked for once and failing alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from django.http import QueryDict

from dashboard.annotations.notes_and_mutes import CaseRemarks
from dashboard.filters import Accepts, Filters, Window, selected_connections
from dashboard.lists.facets import Facets, facets
from dashboard.lists.imports import ImportProgress, imports_in_progress
from dashboard.lists.listing import ONLY_LISTS
from dashboard.lists.names import (
    ProjectName,
    RunName,
    case_names,
    milestone_names,
    project_names,
    run_names,
)
from dashboard.metrics.causes import CauseGroup, causes
from dashboard.metrics.flaky import FlakyCase
from dashboard.metrics.milestones import Progress
from dashboard.metrics.rates import Rate, pass_rate
from dashboard.metrics.standup import DEFAULT_DAYS, StaleTool, period, stale_tools
from dashboard.metrics.status_transitions import StatusTransitions
from dashboard.metrics.tallies import tallies, total
from dashboard.precomputed.milestones import at_risk_milestones
from dashboard.precomputed.standup import newly_flaky, status_transitions_in
from dashboard.ui.filter_bar import Offered
from dashboard.ui.notes_and_mutes import remarks_on
from dashboard.ui.panels import load_or_none
from dashboard.ui.url_state import PageState, read_state
from ingest.models import Connection

GROUPS, ROWS = 4, 3
ACCEPTS = Accepts(refused=ONLY_LISTS)


def standup_state(path: str, query: QueryDict) -> PageState:
    """The present begins with the minute, so that all who look in it see the same and
    the address that they share says it.
    """
    state = read_state(
        path, query, ACCEPTS, has_default_window=True, default_days=DEFAULT_DAYS
    )
    now = state.filters.now.replace(second=0, microsecond=0)
    return replace(state, filters=replace(state.filters, now=now))


@dataclass(frozen=True, kw_only=True)
class PageData:
    """What was asked of the database; a part that did not load is None. `cases` and
    `runs` are the names of those that are shown, `noted` what people said of the cases.
    """

    state: PageState
    window: Window
    projects: Mapping[int, ProjectName]
    connections: Sequence[Connection]
    importing: Mapping[int, ImportProgress]
    choices: Facets | None
    milestone_names: Mapping[int, str]
    rates: tuple[Rate, Rate] | None
    turned: StatusTransitions | None
    groups: Sequence[CauseGroup]
    newly_flaky: Sequence[FlakyCase] | None
    at_risk: Sequence[Progress] | None
    stale: Sequence[StaleTool]
    cases: Mapping[int, str]
    runs: Mapping[int, RunName]
    noted: Mapping[int, CaseRemarks]

    @property
    def filters(self) -> Filters:
        return self.state.filters

    @property
    def is_fixed(self) -> bool:
        """Whether the page is of a time that does not move on."""
        return self.filters.until is not None

    @cached_property
    def chosen_projects(self) -> tuple[ProjectName, ...]:
        """Those that the filters on projects, connections and tools leave."""
        used = {connection.pk for connection in self.connections}
        wanted = self.filters.project
        return tuple(
            project
            for project in self.projects.values()
            if project.connection in used and (not wanted or project.id in wanted)
        )

    @property
    def offered(self) -> Offered:
        return Offered(
            projects=self.projects,
            milestones=self.milestone_names,
            choices=self.choices,
            cases=case_names(self.filters.case),
        )


def load_page_data(state: PageState) -> PageData:
    """Ask for everything, in a fixed number of queries."""
    filters = state.filters
    window = period(filters)
    found = load_or_none(
        "tests that turned", lambda: status_transitions_in(filters, window)
    )
    groups = (
        load_or_none("causes", lambda: causes(found.newly_failing)) if found else None
    )
    offered = load_or_none("filters", lambda: facets(filters, window))
    connections = list(selected_connections(filters).order_by("name"))
    flaky = load_or_none("flaky tests", lambda: newly_flaky(filters, window))
    milestones = {*filters.milestone, *(offered.runs["milestone"] if offered else ())}
    return PageData(
        state=state,
        window=window,
        projects=project_names(),
        connections=connections,
        importing=imports_in_progress(),
        choices=offered,
        milestone_names=milestone_names([int(i) for i in milestones]),
        rates=load_or_none("pass rate", lambda: _rates(filters, window)),
        turned=found if groups is not None else None,
        groups=groups or (),
        newly_flaky=flaky,
        at_risk=load_or_none("milestones", lambda: at_risk_milestones(filters)),
        stale=stale_tools(filters, connections),
        **_names(filters, found, groups or (), flaky or ()),
    )


def _rates(filters: Filters, window: Window) -> tuple[Rate, Rate]:
    """The pass rate of the window, and of the one before it."""
    now = pass_rate(total(tallies(filters, window)))
    return now, pass_rate(total(tallies(filters, window.previous)))


def _names(
    filters: Filters,
    found: StatusTransitions | None,
    groups: Sequence[CauseGroup],
    flaky: Sequence[FlakyCase],
) -> dict[str, Any]:
    failing = [group.cases[0] for group in groups[:GROUPS]]
    fixed = found.fixed[:ROWS] if found else ()
    cases = [*(item.case for item in failing), *(item.case for item in fixed)]
    runs = [*(item.since_run for item in failing), *(item.since_run for item in fixed)]
    shown = {*cases, *(item.case for item in flaky[:ROWS])}
    return {
        "cases": case_names(cases),
        "runs": run_names(runs),
        "noted": remarks_on(shown, filters.now),
    }
