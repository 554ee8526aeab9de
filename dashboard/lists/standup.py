"""The cases of a stand-up: those that began to fail, were fixed, became flaky."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from dashboard.filters import Filters
from dashboard.lists.failing import RankedCase, ranked_cases
from dashboard.lists.listing import ONLY_LISTS
from dashboard.lists.ranked import Ranking
from dashboard.metrics.causes import CauseGroup, causes
from dashboard.metrics.flaky import FlakyCase, rank
from dashboard.metrics.standup import period
from dashboard.metrics.status_transitions import (
    FixedCase,
    NewlyFailing,
    StatusTransitions,
)
from dashboard.precomputed.standup import newly_flaky, status_transitions_in


@dataclass(frozen=True, slots=True, kw_only=True)
class NewlyFailingRow:
    """A case whose failing streak began in the stand-up's time. Cases of one `cause`
    fail alike; `message` is the first line of what one of them said last.
    """

    case: RankedCase
    since: datetime
    since_run: int
    streak: int
    cause: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedRow:
    """A case that passes from `since` on. Before that `streak` results in a row did not
    pass, the first of them at `failed_since` in the run `failed_run`.
    """

    case: RankedCase
    since: datetime
    since_run: int
    failed_since: datetime
    failed_run: int
    streak: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NewlyFlakyRow:
    """A case that is flaky now and was not before: `k` events of `n` executions."""

    case: RankedCase
    k: int
    n: int
    rate: float
    low: float
    high: float
    evidence: str | None


def newly_failing_rows(
    groups: Sequence[CauseGroup], items: Sequence[NewlyFailing]
) -> list[NewlyFailingRow]:
    """Rows of `items`; every one of them is in a group."""
    cases = ranked_cases([item.case for item in items])
    cause = {item.case: group for group in groups for item in group.cases}
    return [
        NewlyFailingRow(
            case=cases[item.case],
            since=item.since,
            since_run=item.since_run,
            streak=item.streak,
            cause=cause[item.case].key,
            message=cause[item.case].line,
        )
        for item in items
    ]


def fixed_rows(items: Sequence[FixedCase]) -> list[FixedRow]:
    cases = ranked_cases([item.case for item in items])
    return [
        FixedRow(
            case=cases[item.case],
            since=item.since,
            since_run=item.since_run,
            failed_since=item.failed_since,
            failed_run=item.failed_run,
            streak=item.streak,
        )
        for item in items
    ]


def newly_flaky_rows(items: Sequence[FlakyCase]) -> list[NewlyFlakyRow]:
    cases = ranked_cases([item.case for item in items])
    return [
        NewlyFlakyRow(
            case=cases[item.case],
            k=item.k,
            n=item.n,
            rate=item.rate,
            low=item.low,
            high=item.high,
            evidence=item.evidence,
        )
        for item in items
    ]


def failing_of_cause(cause: str) -> Ranking[NewlyFailingRow]:
    """Newly failing cases, of one cause only unless it is ""."""

    def compute(filters: Filters) -> Sequence[NewlyFailing]:
        found = _transitions(filters).newly_failing
        if not cause:
            return found
        groups = {group.key: group.cases for group in causes(found)}
        return groups.get(cause, ())

    return replace(NEWLY_FAILING, name=f"newly failing {cause}", compute=compute)


def _transitions(filters: Filters) -> StatusTransitions:
    return status_transitions_in(filters, period(filters))


NEWLY_FAILING = Ranking(
    name="newly failing",
    row=NewlyFailingRow,
    compute=lambda filters: _transitions(filters).newly_failing,
    key=lambda item: (item.since, item.case),
    rows=lambda _, items: newly_failing_rows(causes(items), items),
    refused=ONLY_LISTS,
)
FIXED = Ranking(
    name="fixed",
    row=FixedRow,
    compute=lambda filters: _transitions(filters).fixed,
    key=lambda item: (item.failed_since, item.case),
    rows=lambda _, items: fixed_rows(items),
    refused=ONLY_LISTS,
)
NEWLY_FLAKY = Ranking(
    name="newly flaky",
    row=NewlyFlakyRow,
    compute=lambda filters: newly_flaky(filters, period(filters)),
    key=rank,
    rows=lambda _, items: newly_flaky_rows(items),
    refused=ONLY_LISTS,
)
