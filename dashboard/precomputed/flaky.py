"""Flaky cases, their history and what became of them, from what is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

from dashboard.filters import Filters, Window
from dashboard.metrics import other_flaky_rules as rules
from dashboard.metrics.flakiness import Flakiness, flakiness
from dashboard.metrics.flaky import (
    FlakyCase,
    FlakyTotals,
    flaky_without_names,
    in_rank_order,
    totals_by_project,
)
from dashboard.metrics.flaky_history import (
    FlakyHistory,
    history_without_names,
    with_ranked_cases,
)
from dashboard.metrics.flaky_states import (
    LOOKED_BACK,
    WEEK,
    FlakyStates,
    states_in_rank_order,
    states_without_names,
)
from dashboard.precomputed.figures import Figure, Part, precomputed
from dashboard.unchanged import while_unchanged

T = TypeVar("T")


def _concatenated(several: Sequence[list[FlakyCase]]) -> list[FlakyCase]:
    return [case for cases in several for case in cases]


def _merged(several: Iterable[Mapping[int, FlakyTotals]]) -> dict[int, FlakyTotals]:
    return {project: totals for one in several for project, totals in one.items()}


def _joined_histories(several: Sequence[FlakyHistory]) -> FlakyHistory:
    by_day = zip(*(one.by_day for one in several), strict=True)
    lost = zip(*(one.lost_by_day for one in several), strict=True)
    return FlakyHistory(
        cases=tuple(case for one in several for case in one.cases),
        now=_merged(one.now for one in several),
        previous=_merged(one.previous for one in several),
        # All of them looked at the same days.
        by_day=tuple(None if None in day else sum(map(int, day)) for day in by_day),
        lost_by_day=tuple(map(sum, lost)),
    )


def _joined_states(several: Sequence[FlakyStates]) -> FlakyStates:
    settled = [case for one in several for case in one.settled]
    flaky = [case for one in several for case in one.flaky]
    return FlakyStates(
        flaky=tuple(sorted(flaky, key=lambda case: case.case)),
        new=frozenset().union(*(one.new for one in several)),
        worse=frozenset().union(*(one.worse for one in several)),
        settled=tuple(sorted(settled, key=lambda case: case.case)),
        proofs=dict(item for one in several for item in one.proofs.items()),
        before=dict(item for one in several for item in one.before.items()),
        first_seen=dict(item for one in several for item in one.first_seen.items()),
    )


def _joined(several: Sequence[Flakiness]) -> Flakiness:
    states = _joined_states([one.states for one in several])
    history = _joined_histories([one.history for one in several])
    return Flakiness(
        states=states, by_day=history.by_day, lost_by_day=history.lost_by_day
    )


# One for all that is told of flaky cases: what one part says the others need too.
FLAKINESS = Figure(
    name="flakiness",
    kind=Flakiness,
    compute=flakiness,
    join=_joined,
    edges=(WEEK, LOOKED_BACK),
)


def flaky_cases(filters: Filters) -> list[FlakyCase]:
    """The flaky cases by `low`, then `k`, both descending, then by name and id."""
    return ordered(precomputed(FLAKY, filters), in_rank_order)


FLAKY = Part(
    of=FLAKINESS,
    take=lambda whole: list(whole.states.flaky),
    compute=lambda filters, read: flaky_without_names(filters, filters.window(), read),
    join=_concatenated,
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
    take=lambda whole: totals_by_project(whole.states.before.values()),
    compute=lambda filters, read: totals_by_project(
        flaky_without_names(filters, filters.window().previous, read)
    ),
    join=_merged,
)


def flaky_history(filters: Filters) -> FlakyHistory:
    """Of the window of the filters, and of the one before it."""
    found: FlakyHistory = precomputed(FLAKY_HISTORY, filters)
    return ordered(found, with_ranked_cases)


FLAKY_HISTORY = Part(
    of=FLAKINESS,
    take=lambda whole: whole.history,
    compute=lambda filters, _: history_without_names(filters),
    join=_joined_histories,
)


FLAKY_STATES = Part(
    of=FLAKINESS,
    take=lambda whole: whole.states,
    compute=lambda filters, _: states_without_names(filters, filters.window()),
    join=_joined_states,
)


def flaky_states(filters: Filters) -> FlakyStates:
    """Of the cases that are flaky in the window or were in the one before."""
    found: FlakyStates = precomputed(FLAKY_STATES, filters)
    return ordered(found, states_in_rank_order)


def ordered(found: T, in_order: Callable[[T], T]) -> T:
    """Of what is joined the same again, while no name of a case changes either."""
    # It is kept beside what it was made of, whose id is then nothing else's.
    kept: tuple[T, T] = while_unchanged(
        f"{in_order.__name__} of {id(found)}", lambda: (found, in_order(found))
    )
    return kept[1]


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
