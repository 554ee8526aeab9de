"""One page of a list at the place that its address names, and the way to the next."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic

from dashboard.lists import Listing, Page, Position, Ranking, page, ranked_page
from dashboard.lists.cursors import CursorError, decode_cursor, encode_cursor
from dashboard.lists.listing import Row
from dashboard.lists.paging import COUNT_AT_MOST
from dashboard.ui.parts import Pager
from dashboard.ui.text import numbers
from dashboard.ui.url_state import CURSOR, PageState

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown(Generic[Row]):
    """The rows of a page; `count` is that of the whole list, None when it is not known.

    `problem` says why the page is the first one and not the one asked for.
    """

    rows: tuple[Row, ...]
    count: int | None
    pager: Pager
    problem: str = ""


def shown(
    state: PageState,
    listing: Listing[Row] | Ranking[Row],
    *,
    counted: Callable[[], int | None] = lambda: None,
) -> Shown[Row]:
    """`counted` is asked where the list is too long to be counted row by row."""
    if isinstance(listing, Ranking):
        return shown_ranking(state, listing)
    position, problem = position_of(state, listing.name)
    found = page(listing, state.filters, limit=PAGE_SIZE, position=position)
    count = counted() if found.count is None else found.count
    return _shown(state, listing.name, found, count, problem)


def shown_ranking(state: PageState, ranking: Ranking[Row]) -> Shown[Row]:
    position, problem = position_of(state, ranking.name)
    found = ranked_page(ranking, state.filters, limit=PAGE_SIZE, position=position)
    return _shown(state, ranking.name, found, found.count, problem)


def position_of(state: PageState, name: str) -> tuple[Position | None, str]:
    """The place that the address names in the list called `name`, or why there is none."""
    text = state.own.get(CURSOR)
    if not text:
        return None, ""
    try:
        return decode_cursor(text, name, state.filters), ""
    except CursorError:
        return None, "The place in the list was not known; this is the first page."


def numbered_pager(number: int, count: int, href: Callable[[int], str]) -> Pager | None:
    """Around page `number` of a list in pages; None where there is one page only."""
    if count <= PAGE_SIZE:
        return None
    first, last = (number - 1) * PAGE_SIZE + 1, min(number * PAGE_SIZE, count)
    return Pager(
        text=numbers.rows_range(first, last, count),
        previous_href=href(number - 1) if number > 1 else "",
        next_href=href(number + 1) if last < count else "",
    )


def page_within(number: int, count: int) -> int:
    """The last page where `number` is beyond it."""
    return min(number, max(1, -(-count // PAGE_SIZE)))


def _shown(
    state: PageState, name: str, found: Page[Row], count: int | None, problem: str
) -> Shown[Row]:
    first, last = found.first + 1, found.first + len(found.rows)
    if count is None:
        text = f"{numbers.count(first)}{numbers.DASH}{numbers.count(last)} of more than {numbers.count(COUNT_AT_MOST)}"
    else:
        text = numbers.rows_range(first, last, max(count, last))
    return Shown(
        rows=found.rows,
        count=count,
        pager=Pager(
            text=text,
            previous_href=_to(state, name, found.previous),
            next_href=_to(state, name, found.next),
        ),
        problem=problem,
    )


def _to(state: PageState, name: str, position: Position | None) -> str:
    if position is None:
        return ""
    if position.is_backwards and not position.first:
        return state.with_own(cursor="")
    return state.with_own(cursor=encode_cursor(position, name, state.filters))
