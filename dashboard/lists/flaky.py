"""Flaky cases, by the lower bound of their flake rate."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dashboard.filters import Filters
from dashboard.lists.failing import RankedCase, ranked_cases
from dashboard.lists.flaky_choice import (
    DEFAULT_SORT,
    PARAMETERS,
    SORTS,
    FlakyCases,
    FlakyChoice,
    arranged,
    place_of,
)
from dashboard.lists.listing import ONLY_LISTS
from dashboard.lists.ranked import Ranking
from dashboard.metrics.flaky import EventCounts, FlakyCase, RankedFlaky, rank
from dashboard.metrics.strips import letters, strips


@dataclass(frozen=True, slots=True, kw_only=True)
class FlakyRow:
    """A case with `k` flake events in an exposure of `n`; `rate`, `low` and `high` are
    the mean and the 95 % bounds of its flake rate. `evidence` is proven or suspected,
    `events` are the flake events by what shows them.
    `executions` are the decided results of its series, `not_passed` those of them that
    did not; `passed_on_retry` of them passed after an attempt that did not;
    `time_lost_ms` is machine time, in which `unknown_durations` count nothing.
    `strip`: its last 30 final results in the window, oldest first, letters as
    `letter` gives them.
    """

    case: RankedCase
    k: int
    n: int
    rate: float
    low: float
    high: float
    evidence: str | None
    events: EventCounts
    flips: int
    flip_rate: float | None
    expected_flips: float
    executions: int
    not_passed: int
    passed_on_retry: int
    time_lost_ms: int
    unknown_durations: int
    strip: str


def rows(filters: Filters, flaky: Sequence[FlakyCase]) -> list[FlakyRow]:
    ids = [item.case for item in flaky]
    cases = ranked_cases(ids)
    cells = strips(ids, filters, filters.window())
    return [
        FlakyRow(
            case=cases[item.case],
            k=item.k,
            n=item.n,
            rate=item.rate,
            low=item.low,
            high=item.high,
            evidence=item.evidence,
            events=item.events,
            flips=item.flips,
            flip_rate=item.flip_rate,
            expected_flips=item.expected_flips,
            executions=item.executions,
            not_passed=item.not_passed,
            passed_on_retry=item.passed_on_retry,
            time_lost_ms=item.time_lost_ms,
            unknown_durations=item.unknown_durations,
            strip=letters(cells.get(item.case, ())),
        )
        for item in flaky
    ]


def flaky_ranking(choice: FlakyChoice) -> Ranking[FlakyRow]:
    """The list narrowed by a choice; a place in it belongs to that choice alone."""
    return Ranking(
        name=list_name(choice),
        row=FlakyRow,
        compute=lambda filters: FlakyCases(filters).chosen(choice),
        key=rank,
        rows=rows,
        refused=ONLY_LISTS,
        sorts=SORTS,
        default_sort=DEFAULT_SORT,
        arranged=arranged,
        place_of=place_of,
        also=frozenset(PARAMETERS),
    )


def shown_ranking(
    choice: FlakyChoice, compute: Callable[[Filters], RankedFlaky]
) -> Ranking[FlakyCase]:
    """The same of cases that a page has computed already, as they are."""
    return Ranking(
        name=list_name(choice),
        row=FlakyCase,
        compute=compute,
        key=rank,
        rows=lambda _, items: list(items),
        refused=ONLY_LISTS,
        sorts=SORTS,
        default_sort=DEFAULT_SORT,
        arranged=arranged,
        place_of=place_of,
    )


def list_name(choice: FlakyChoice) -> str:
    """Its name, which tells choices apart; without one it is "flaky"."""
    said = (choice.find, choice.state, choice.min_rate, choice.min_executions)
    return f"flaky {said!r}" if any(said) else "flaky"


FLAKY = flaky_ranking(FlakyChoice())
