"""All that the page is made of: what its address says, and parts that fail alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cached_property

from django.http import QueryDict

from dashboard.annotations.notes_and_mutes import CaseRemarks
from dashboard.lists import FLAKY
from dashboard.lists.facets import CHOSEN
from dashboard.lists.flaky import list_name, shown_ranking
from dashboard.lists.flaky_choice import (
    CHOICE,
    STATES,
    FlakyCases,
    FlakyChoice,
    read_choice,
)
from dashboard.lists.flaky_inputs import left_out_runs
from dashboard.metrics.flaky import (
    FlakyCase,
    FlakyTotals,
    RankedFlaky,
    flaky_totals,
)
from dashboard.metrics.flaky_columns import joined_columns
from dashboard.metrics.flaky_states import FlakyStates
from dashboard.ui.list_layout import ListLayout
from dashboard.ui.notes_and_mutes import muted_title, remarks_on
from dashboard.ui.pagination import Shown, position_of, shown
from dashboard.ui.panels import part
from dashboard.ui.url_state import CURSOR, VIEW, PageState, read_state

# The view with the counts of other rules.
OTHERS = "others"
# The tests that the bar of lost time can tell apart.
MOST_PARTS = 14


def flaky_state(path: str, query: QueryDict) -> tuple[PageState, FlakyChoice]:
    """On later pages of the table all is told of the moment at which paging began."""
    own = (*CHOICE, VIEW, CURSOR)
    state = read_state(
        path, query, FLAKY.accepts, own=own, has_default_window=True
    ).only_view(OTHERS)
    choice, _ = read_choice(state.own)
    position, _ = position_of(state, list_name(choice))
    if position is not None:
        state = replace(state, filters=replace(state.filters, now=position.now))
    return state, choice


class PageData:
    """Each part is asked for once; one that did not load is None."""

    def __init__(self, layout: ListLayout, choice: FlakyChoice) -> None:
        self.layout, self.choice = layout, choice
        self.state, self.filters = layout.state, layout.state.filters
        self.cases = FlakyCases(self.filters)

    @property
    def is_filtered(self) -> bool:
        names = (*CHOSEN, "connection", "case", "q")
        return any(getattr(self.filters, name) for name in names)

    @part("states of flaky tests")
    def states(self) -> FlakyStates:
        return self.cases.states

    @part("flaky tests")
    def flaky(self) -> RankedFlaky:
        """From the states; without them only what is flaky is asked for."""
        return RankedFlaky(self.states.flaky) if self.states else self.cases.flaky

    @cached_property
    def totals(self) -> FlakyTotals:
        return flaky_totals(self.flaky.of if self.flaky else joined_columns([]))

    @cached_property
    def costliest(self) -> Sequence[FlakyCase]:
        """The flaky tests by the time that they lost."""
        if not self.flaky:
            return ()
        return RankedFlaky(self.flaky.of, -self.flaky.of.time_lost_ms)

    @part("flaky table")
    def page(self) -> Shown[FlakyCase] | None:
        """The page of the table."""
        if self.flaky is None or (self.choice.state and self.states is None):
            return None
        cases = self.cases.chosen(self.choice)
        return shown(self.state, shown_ranking(self.choice, lambda _: cases))

    @cached_property
    def counts(self) -> dict[str, int]:
        """The rows of each state under the other choices in force."""
        if self.states is None:
            return {}
        choices = {name: replace(self.choice, state=name) for name in ("", *STATES)}
        return {name: len(self.cases.chosen(one)) for name, one in choices.items()}

    @part("runs left out")
    def left_out(self) -> tuple[int, int]:
        """Runs that flakiness leaves out, and those of them that a person excluded."""
        return left_out_runs(self.filters, self.filters.window())

    @cached_property
    def remarks(self) -> Mapping[int, CaseRemarks]:
        """What people said of the tests that the page names."""
        rows = self.page.rows if self.page else ()
        named = {case.case for case in (*rows, *self.costliest[:MOST_PARTS])}
        return remarks_on(named, self.filters.now)

    def first_seen(self, figures: FlakyCase) -> datetime | None:
        """When a test flaked first, as far back as the states look."""
        first_seen = self.states.first_seen if self.states else {}
        return first_seen.get(figures.case, figures.first_event_at)

    def muted(self, case: int) -> str:
        return muted_title(self.state, case, self.remarks)
