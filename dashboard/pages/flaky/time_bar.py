"""The bar of where the time goes that flaky tests cost."""

from __future__ import annotations

from dataclasses import dataclass

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
    total_ms = data.totals.time_lost_ms
    if not total_ms:
        return ()
    percents = [100 * c.time_lost_ms / total_ms for c in data.costliest[:MOST_PARTS]]
    drawn = [percent for percent in percents if percent >= SMALLEST_PERCENT]
    shares = [_share(data, place, percent) for place, percent in enumerate(drawn)]
    rest = _rest(data, len(drawn))
    return (*shares, rest) if rest else tuple(shares)


def _share(data: PageData, place: int, percent: float) -> TimeShare:
    case = data.costliest[place]
    lost, muted = times.duration(case.time_lost_ms), data.muted(case.case)
    is_named = place < NAMED and percent >= NAMED_PERCENT
    return TimeShare(
        percent=percent,
        title=f"{case.name}: {lost}" + (f". {muted}" if muted else ""),
        href=links.case(case.case),
        text=lost if is_named else "",
        is_hot=place < FIRST,
    )


def _rest(data: PageData, drawn: int) -> TimeShare | None:
    cases = data.costliest[drawn:]
    if not cases:
        return None
    lost_ms = sum(case.time_lost_ms for case in cases)
    percent = 100 * lost_ms / data.totals.time_lost_ms
    title = f"{numbers.plural(len(cases), 'other')}, {times.duration(lost_ms)}"
    return TimeShare(
        percent=percent,
        title=title,
        href=data.state.with_filters(sort="-lost"),
        text=title if percent >= 2 * NAMED_PERCENT else f"+{len(cases)}",
        is_rest=True,
    )
