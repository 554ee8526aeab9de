"""Cases by how long they take, slowest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dashboard.filters import Filters
from dashboard.lists.failing import RankedCase, ranked_cases
from dashboard.lists.listing import ONLY_LISTS
from dashboard.lists.ranked import Ranking, two_ways
from dashboard.metrics.slow import SlowCase
from dashboard.metrics.strips import letters, strips
from dashboard.precomputed.slow import slow_cases


@dataclass(frozen=True, slots=True, kw_only=True)
class SlowRow:
    """A case with percentiles in ms of `n` known durations of passed results; null
    where the window before had none. `strip`: its last 30 final results in the window,
    oldest first, letters as `letter` gives them.
    """

    case: RankedCase
    p50_ms: int
    p95_ms: int
    n: int
    previous_p50_ms: int | None
    strip: str


def rows(filters: Filters, slow: Sequence[SlowCase]) -> list[SlowRow]:
    ids = [item.case for item in slow]
    cases = ranked_cases(ids)
    cells = strips(ids, filters, filters.window())
    return [
        SlowRow(
            case=cases[item.case],
            p50_ms=item.p50_ms,
            p95_ms=item.p95_ms,
            n=item.n,
            previous_p50_ms=item.previous_p50_ms,
            strip=letters(cells.get(item.case, ())),
        )
        for item in slow
    ]


def growth(item: SlowCase) -> float | None:
    """The median by the one of the window before: 1.2 is a fifth longer."""
    before = item.previous_p50_ms
    return item.p50_ms / before if before else None


SLOW = Ranking(
    name="slow",
    row=SlowRow,
    compute=slow_cases,
    key=lambda item: (-item.p50_ms, item.case),
    rows=rows,
    refused=ONLY_LISTS,
    sorts={
        "p50_ms": lambda item: (item.p50_ms,),
        **two_ways("p95_ms", lambda item: item.p95_ms),
        **two_ways("change", growth),
        **two_ways("n", lambda item: item.n),
    },
    default_sort="-p50_ms",
)
