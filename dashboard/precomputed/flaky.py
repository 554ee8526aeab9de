"""Flaky cases, their history and what became of them, from what is kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from dashboard.filters import Filters, Window
from dashboard.metrics import flaky_history as history
from dashboard.metrics import flaky_states as states
from dashboard.metrics import other_flaky_rules as rules
from dashboard.metrics.flakiness import Flakiness, flakiness
from dashboard.metrics.flaky import (
    FlakyTotals,
    RankedFlaky,
    flaky_without_names,
    totals_by_project,
)
from dashboard.metrics.flaky_columns import joined_columns
from dashboard.metrics.flaky_history import FlakyHistory
from dashboard.metrics.flaky_moments import Moments, Proofs, joined_by_case
from dashboard.metrics.flaky_states import LOOKED_BACK, WEEK, FlakyStates
from dashboard.precomputed.figures import Figure, Part, precomputed


def _merged(several: Iterable[Mapping[int, FlakyTotals]]) -> dict[int, FlakyTotals]:
    return {project: totals for one in several for project, totals in one.items()}


def _joined_histories(several: Sequence[FlakyHistory]) -> FlakyHistory:
    by_day = zip(*(one.by_day for one in several), strict=True)
    lost = zip(*(one.lost_by_day for one in several), strict=True)
    return FlakyHistory(
        cases=joined_columns([one.cases for one in several]),
        now=_merged(one.now for one in several),
        previous=_merged(one.previous for one in several),
        # All of them looked at the same days.
        by_day=tuple(None if None in day else sum(map(int, day)) for day in by_day),
        lost_by_day=tuple(map(sum, lost)),
    )


def _joined_states(several: Sequence[FlakyStates]) -> FlakyStates:
    return FlakyStates(
        flaky=joined_columns([one.flaky for one in several]),
        new=frozenset().union(*(one.new for one in several)),
        worse=frozenset().union(*(one.worse for one in several)),
        settled=joined_columns([one.settled for one in several]),
        proofs=joined_by_case([one.proofs for one in several], Proofs),
        before=joined_columns([one.before for one in several]),
        first_seen=joined_by_case([one.first_seen for one in several], Moments),
    )


def _joined(several: Sequence[Flakiness]) -> Flakiness:
    days = _joined_histories([one.history for one in several])
    return Flakiness(
        states=_joined_states([one.states for one in several]),
        by_day=days.by_day,
        lost_by_day=days.lost_by_day,
    )


# One for all that is told of flaky cases: what one part says the others need too.
FLAKINESS = Figure(
    name="flakiness",
    kind=Flakiness,
    compute=flakiness,
    join=_joined,
    edges=(WEEK, LOOKED_BACK),
)


def flaky_cases(filters: Filters) -> RankedFlaky:
    """The flaky cases by `low`, then `k`, both descending, then by name and id."""
    return RankedFlaky(precomputed(FLAKY, filters))


FLAKY = Part(
    of=FLAKINESS,
    take=lambda whole: whole.states.flaky,
    compute=lambda filters, read: flaky_without_names(filters, filters.window(), read),
    join=joined_columns,
)


def flaky_by_project(
    filters: Filters, window: Window | None = None
) -> dict[int, FlakyTotals]:
    """Projects with flaky cases, and their totals."""
    now = filters.window()
    if window is None or window == now:
        found = precomputed(FLAKY, filters)
        return totals_by_project(found)
    if window == now.previous:
        return precomputed(FLAKY_BEFORE, filters)
    return totals_by_project(flaky_without_names(filters, window))


FLAKY_BEFORE = Part(
    of=FLAKINESS,
    take=lambda whole: totals_by_project(whole.states.before),
    compute=lambda filters, read: totals_by_project(
        flaky_without_names(filters, filters.window().previous, read)
    ),
    join=_merged,
)


def flaky_history(filters: Filters) -> FlakyHistory:
    """Of the window of the filters, and of the one before it."""
    return precomputed(FLAKY_HISTORY, filters)


FLAKY_HISTORY: Part[FlakyHistory] = Part(
    of=FLAKINESS,
    take=lambda whole: whole.history,
    compute=lambda filters, _: history.flaky_history(filters),
    join=_joined_histories,
)


FLAKY_STATES: Part[FlakyStates] = Part(
    of=FLAKINESS,
    take=lambda whole: whole.states,
    compute=lambda filters, _: states.flaky_states(filters),
    join=_joined_states,
)


def flaky_states(filters: Filters) -> FlakyStates:
    """Of the cases that are flaky in the window or were in the one before."""
    return precomputed(FLAKY_STATES, filters)


def rule_counts(filters: Filters) -> dict[str, int]:
    """How many cases each rule calls flaky, ours first."""
    return precomputed(RULE_COUNTS, filters)


def _sums(several: Sequence[dict[str, int]]) -> dict[str, int]:
    return {
        name: sum(one[name] for one in several) for name in (rules.OURS, *rules.RULES)
    }


RULE_COUNTS = Figure(
    name="rules",
    kind=dict[str, int],
    compute=lambda filters, read: rules.rule_counts(filters, read=read),
    join=_sums,
)
