"""All that the page is made of, each part asked for once and failing alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from dashboard.annotations.notes_and_mutes import CaseRemarks
from dashboard.lists.flaky import shown_ranking as ranking_of
from dashboard.lists.flaky_choice import STATES, FlakyCases, FlakyChoice
from dashboard.lists.flaky_inputs import left_out_runs
from dashboard.metrics.flaky import FlakyCase
from dashboard.metrics.flaky_states import FlakyStates
from dashboard.pages.flaky.state import FlakyState
from dashboard.ui.list_layout import ListLayout
from dashboard.ui.notes_and_mutes import remarks_on
from dashboard.ui.pagination import Shown, shown_ranking
from dashboard.ui.panels import load_or_none

# The tests that the bar of lost time can tell apart.
MOST_PARTS = 14


@dataclass(frozen=True, kw_only=True)
class PageData:
    """A part that did not load is None. `counts` are the rows of each state under the
    other choices in force; `left_out` are runs, and those of them that a person excluded.
    `costliest` are the flaky tests by the time they lost; `noted` is what people said of
    the tests that the page names.
    """

    frame: ListLayout
    asked: FlakyState
    cases: FlakyCases
    flaky: Sequence[FlakyCase] | None
    states: FlakyStates | None
    shown: Shown[FlakyCase] | None
    counts: dict[str, int]
    left_out: tuple[int, int] | None
    costliest: Sequence[FlakyCase]
    noted: Mapping[int, CaseRemarks]

    @property
    def choice(self) -> FlakyChoice:
        return self.asked.choice


def load_page_data(frame: ListLayout, asked: FlakyState) -> PageData:
    state = asked.page
    cases = FlakyCases(state.filters)
    # They say which tests are flaky too; without them only that is asked for.
    states = load_or_none("states of flaky tests", lambda: cases.states)
    flaky = load_or_none("flaky tests", lambda: cases.flaky)
    needs_states = bool(asked.choice.state)
    shown = None
    if flaky is not None and (states is not None or not needs_states):
        ranking = ranking_of(asked.choice, lambda _: cases.chosen(asked.choice))
        shown = load_or_none("flaky table", lambda: shown_ranking(state, ranking))
    window = state.filters.window()
    costliest = sorted(flaky or (), key=lambda case: -case.time_lost_ms)
    named = (*(shown.rows if shown else ()), *costliest[:MOST_PARTS])
    return PageData(
        frame=frame,
        asked=asked,
        cases=cases,
        flaky=flaky,
        states=states,
        shown=shown,
        counts=_counts(cases, asked.choice) if states is not None else {},
        left_out=load_or_none(
            "runs left out", lambda: left_out_runs(state.filters, window)
        ),
        costliest=costliest,
        noted=remarks_on({case.case for case in named}, state.filters.now),
    )


def _counts(cases: FlakyCases, choice: FlakyChoice) -> dict[str, int]:
    return {
        state: len(cases.chosen(replace(choice, state=state)))
        for state in ("", *STATES)
    }
