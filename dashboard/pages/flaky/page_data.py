"""All that the page is made of, each part asked for once and failing alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property

from dashboard.annotations.notes_and_mutes import CaseRemarks
from dashboard.lists.facets import CHOSEN
from dashboard.lists.flaky import shown_ranking as ranking_of
from dashboard.lists.flaky_choice import STATES, FlakyCases, FlakyChoice
from dashboard.lists.flaky_inputs import left_out_runs
from dashboard.metrics.flaky import FlakyCase, FlakyTotals, flaky_totals
from dashboard.metrics.flaky_states import FlakyStates
from dashboard.ui.clock import Clock
from dashboard.ui.list_layout import ListLayout
from dashboard.ui.notes_and_mutes import muted_title, remarks_on
from dashboard.ui.pagination import Shown, shown_ranking
from dashboard.ui.panels import load_or_none

# The tests that the bar of lost time can tell apart.
MOST_PARTS = 14


class PageData:
    """A part that did not load is None."""

    def __init__(self, layout: ListLayout, choice: FlakyChoice) -> None:
        self.layout, self.choice = layout, choice
        self.state, self.filters = layout.state, layout.state.filters
        self.cases = FlakyCases(self.filters)
        self.clock = Clock(self.filters.now, self.state.zone)

    @property
    def is_filtered(self) -> bool:
        names = (*CHOSEN, "connection", "case", "q")
        return any(getattr(self.filters, name) for name in names)

    @cached_property
    def states(self) -> FlakyStates | None:
        return load_or_none("states of flaky tests", lambda: self.cases.states)

    @cached_property
    def flaky(self) -> Sequence[FlakyCase] | None:
        """From the states; without them only what is flaky is asked for."""
        if self.states is not None:
            return self.states.flaky
        return load_or_none("flaky tests", lambda: self.cases.flaky)

    @cached_property
    def totals(self) -> FlakyTotals:
        return flaky_totals(self.flaky or ())

    @cached_property
    def costliest(self) -> Sequence[FlakyCase]:
        """The flaky tests by the time that they lost."""
        return sorted(self.flaky or (), key=lambda case: -case.time_lost_ms)

    @cached_property
    def shown(self) -> Shown[FlakyCase] | None:
        """The page of the table."""
        if self.flaky is None or (self.choice.state and self.states is None):
            return None
        ranking = ranking_of(self.choice, lambda _: self.cases.chosen(self.choice))
        return load_or_none("flaky table", lambda: shown_ranking(self.state, ranking))

    @cached_property
    def counts(self) -> dict[str, int]:
        """The rows of each state under the other choices in force."""
        if self.states is None:
            return {}
        choices = {name: replace(self.choice, state=name) for name in ("", *STATES)}
        return {name: len(self.cases.chosen(one)) for name, one in choices.items()}

    @cached_property
    def left_out(self) -> tuple[int, int]:
        """Runs that flakiness leaves out, and those of them that a person excluded."""
        window = self.filters.window()
        runs = load_or_none(
            "runs left out", lambda: left_out_runs(self.filters, window)
        )
        return runs or (0, 0)

    @cached_property
    def remarks(self) -> Mapping[int, CaseRemarks]:
        """What people said of the tests that the page names."""
        rows = self.shown.rows if self.shown else ()
        named = {case.case for case in (*rows, *self.costliest[:MOST_PARTS])}
        return remarks_on(named, self.filters.now)

    def muted(self, case: int) -> str:
        return muted_title(self.state, case, self.remarks)
