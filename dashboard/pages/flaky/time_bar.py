"""The bar of where the time goes that flaky tests cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dashboard.metrics.flaky import FlakyCase
from dashboard.pages.flaky.page_data import MOST_PARTS, PageData
from dashboard.pages.flaky.text import FIRST
from dashboard.ui import links
from dashboard.ui.text import numbers, times

# Parts smaller than this are drawn together.
SMALLEST_PERCENT = 1.2
# A part that holds a duration is at least this wide.
NAMED_PERCENT, NAMED = 6.0, 4


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeShare:
    """A part of the bar: `percent` of its width. `is_rest` is all that is too small to
    be drawn.
    """

    percent: float
    title: str
    href: str
    text: str = ""
    is_hot: bool = False
    is_rest: bool = False


def time_bar(data: PageData) -> tuple[TimeShare, ...]:
    """Longest first; nothing where no time is known to be lost."""
    if not data.totals.time_lost_ms:
        return ()
    costliest = data.costliest[:MOST_PARTS]
    drawn = sum(_percent(data, case) >= SMALLEST_PERCENT for case in costliest)
    shares = [_share(data, place) for place in range(drawn)]
    if rest := data.costliest[drawn:]:
        shares.append(_rest(data, rest))
    return tuple(shares)


def _percent(data: PageData, *cases: FlakyCase) -> float:
    lost_ms = sum(case.time_lost_ms for case in cases)
    return 100 * lost_ms / data.totals.time_lost_ms


def _share(data: PageData, place: int) -> TimeShare:
    case = data.costliest[place]
    percent = _percent(data, case)
    lost = times.duration(case.time_lost_ms)
    muted = data.muted(case.case)
    is_named = place < NAMED and percent >= NAMED_PERCENT
    return TimeShare(
        percent=percent,
        title=f"{case.name}: {lost}" + (f". {muted}" if muted else ""),
        href=links.case(case.case),
        text=lost if is_named else "",
        is_hot=place < FIRST,
    )


def _rest(data: PageData, rest: Sequence[FlakyCase]) -> TimeShare:
    percent = _percent(data, *rest)
    lost = times.duration(sum(case.time_lost_ms for case in rest))
    title = f"{numbers.plural(len(rest), 'other')}, {lost}"
    return TimeShare(
        percent=percent,
        title=title,
        href=data.state.with_filters(sort="-lost"),
        text=title if percent >= 2 * NAMED_PERCENT else f"+{len(rest)}",
        is_rest=True,
    )
