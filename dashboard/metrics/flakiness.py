"""All that is told of the flaky cases of a window, from one reading of the rows."""

from __future__ import annotations

from dataclasses import dataclass

from dashboard.filters import Filters
from dashboard.metrics.flake_analysis import histories_that_may_flake
from dashboard.metrics.flaky import totals_by_project
from dashboard.metrics.flaky_history import FlakyHistory, flaky_days
from dashboard.metrics.flaky_states import FlakyStates, reach, states_of
from dashboard.metrics.histories import ReadHistories, histories


@dataclass(frozen=True, slots=True, kw_only=True)
class Flakiness:
    """`states` of the flaky cases and of those that were; `by_day` and `lost_by_day` as
    in their history. Without names and in no order.
    """

    states: FlakyStates
    by_day: tuple[int | None, ...]
    lost_by_day: tuple[int, ...]

    @property
    def history(self) -> FlakyHistory:
        return FlakyHistory(
            cases=self.states.flaky,
            now=totals_by_project(self.states.flaky),
            previous=totals_by_project(self.states.before),
            by_day=self.by_day,
            lost_by_day=self.lost_by_day,
        )


def flakiness(filters: Filters, read: ReadHistories = histories) -> Flakiness:
    """Of the window of the filters, compared with what was before it."""
    window = filters.window()
    found = histories_that_may_flake(read(filters, reach(window)))
    states = states_of(found, window)
    by_day, lost_by_day = flaky_days(found, window, states.flaky)
    return Flakiness(states=states, by_day=by_day, lost_by_day=lost_by_day)
