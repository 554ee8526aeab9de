"""All that a stand-up is made of, each part asked for once and failing alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from django.http import QueryDict

from dashboard.annotations.notes_and_mutes import CaseRemarks
from dashboard.filters import Accepts, Filters, Window
from dashboard.filters.parameters import Parameter, one_of
from dashboard.lists.imports import ImportProgress, imports_in_progress
from dashboard.lists.listing import ONLY_LISTS
from dashboard.lists.names import RunName, case_names, run_names
from dashboard.metrics.causes import CauseGroup, causes
from dashboard.metrics.flaky import FlakyCase
from dashboard.metrics.milestones import Progress
from dashboard.metrics.rates import Rate, pass_rate
from dashboard.metrics.standup import (
    DEFAULT_DAYS,
    StaleTool,
    period,
    stale_tools,
    thirty_days,
)
from dashboard.metrics.status_transitions import FixedCase, NewlyFailing
from dashboard.metrics.tallies import has_only_totals, tallies, total
from dashboard.precomputed.milestones import at_risk_milestones
from dashboard.precomputed.standup import newly_flaky, status_transitions_in
from dashboard.ui.list_layout import ListLayout
from dashboard.ui.notes_and_mutes import remarks_on
from dashboard.ui.panels import part
from dashboard.ui.question import ask
from dashboard.ui.text import times
from dashboard.ui.url_state import VIEW, PageState, read_state

GROUPS, ROWS = 4, 3
# The value of `view` for a screen on a wall, which nobody touches for weeks.
TV = "tv"
ACCEPTS = Accepts(refused=ONLY_LISTS)


def standup_state(path: str, query: QueryDict) -> PageState:
    """The present begins with the minute, so that all who look in it see the same and
    the address that they share says it.
    """
    state = read_state(
        path,
        query,
        ACCEPTS,
        own=(Parameter(VIEW, one_of((TV,))),),
        has_default_window=True,
        default_days=DEFAULT_DAYS,
    )
    now = state.filters.now.replace(second=0, microsecond=0)
    # What it says of a test is of the series of 30 days.
    ask(thirty_days(state.filters), is_metric=True)
    return replace(state, filters=replace(state.filters, now=now))


@dataclass(frozen=True, kw_only=True)
class PageData:
    """A part that did not load is None. `cases` and `runs` are the names of those that
    are shown, `remarks` what people said of the cases.
    """

    layout: ListLayout

    @property
    def state(self) -> PageState:
        return self.layout.state

    @property
    def filters(self) -> Filters:
        return self.layout.state.filters

    @cached_property
    def window(self) -> Window:
        return period(self.filters)

    @property
    def since(self) -> str:
        """ "since yesterday 09:15"."""
        window = self.window
        return times.standup_since(window.since, window.until, self.state.zone)

    @cached_property
    def importing(self) -> Mapping[int, ImportProgress]:
        return imports_in_progress()

    @property
    def has_nothing(self) -> bool:
        """Whether there is not even a tool."""
        return not self.layout.connections and not self.layout.projects

    @part("pass rate")
    def rates(self) -> tuple[Rate, Rate]:
        """Of the window, and of the one before it."""
        now, before = self.window, self.window.previous
        return (
            pass_rate(total(tallies(self.filters, now))),
            pass_rate(total(tallies(self.filters, before))),
        )

    @part("results by test")
    def has_only_totals(self) -> bool:
        """Whether nobody knows of any test, so that none can be told to have turned."""
        return has_only_totals(thirty_days(self.filters))

    @part("tests that turned")
    def _turned(
        self,
    ) -> tuple[Sequence[NewlyFailing], Sequence[CauseGroup], Sequence[FixedCase]]:
        turned = status_transitions_in(self.filters, self.window)
        return turned.newly_failing, causes(turned.newly_failing), turned.fixed

    @property
    def newly_failing(self) -> Sequence[NewlyFailing] | None:
        return self._turned[0] if self._turned else None

    @property
    def groups(self) -> Sequence[CauseGroup]:
        return self._turned[1] if self._turned else ()

    @property
    def fixed(self) -> Sequence[FixedCase] | None:
        return self._turned[2] if self._turned else None

    @part("flaky tests")
    def newly_flaky(self) -> Sequence[FlakyCase]:
        return newly_flaky(self.filters, self.window)

    @part("milestones")
    def at_risk(self) -> Sequence[Progress]:
        return at_risk_milestones(self.filters)

    @cached_property
    def stale(self) -> Sequence[StaleTool]:
        return stale_tools(self.filters, self.layout.connections)

    @property
    def _named(self) -> list[NewlyFailing | FixedCase]:
        failing = [group.cases[0] for group in self.groups[:GROUPS]]
        return [*failing, *(self.fixed or ())[:ROWS]]

    @cached_property
    def cases(self) -> Mapping[int, str]:
        flaky = {case.case: case.name for case in (self.newly_flaky or ())[:ROWS]}
        return {**case_names([case.case for case in self._named]), **flaky}

    @cached_property
    def runs(self) -> Mapping[int, RunName]:
        return run_names([case.since_run for case in self._named])

    @cached_property
    def remarks(self) -> Mapping[int, CaseRemarks]:
        return remarks_on(self.cases.keys(), self.filters.now)
