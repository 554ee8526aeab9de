"""One page of a list at the place that its address names, and the way to the next."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic

from dashboard.lists import Listing, Position, Ranking, page, ranked_page
from dashboard.lists.cursors import CursorError, decode_cursor, encode_cursor
from dashboard.lists.listing import Row
from dashboard.lists.paging import COUNT_AT_MOST
from dashboard.ui.parts import Pager
from dashboard.ui.text import numbers
from dashboard.ui.url_state import CURSOR, PageState

PAGE_SIZE = 50
NUMBERED = "Rows may change pages while data arrives."
MOVING = "This order moves while data arrives: rows may change pages."


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
    position, problem = position_of(state, listing.name)
    filters, limit = state.filters, PAGE_SIZE
    if isinstance(listing, Ranking):
        rows = ranked_page(listing, filters, limit=limit, position=position)
    else:
        rows = page(listing, filters, limit=limit, position=position)
    count = counted() if rows.count is None else rows.count
    has_more = rows.previous or rows.next
    pager = Pager(
        note=MOVING if has_more and listing.is_moving(filters) else "",
        text=_range(rows.first + 1, rows.first + len(rows.rows), count),
        previous_href=_address(state, listing.name, rows.previous),
        next_href=_address(state, listing.name, rows.next),
    )
    return Shown(rows=rows.rows, count=count, pager=pager, problem=problem)


def position_of(state: PageState, name: str) -> tuple[Position | None, str]:
    """The place that the address names in the list called `name`, or why there is none."""
    text = state.own.get(CURSOR)
    if not text:
        return None, ""
    try:
        return decode_cursor(text, name, state.filters), ""
    except CursorError:
        return None, "The place in the list was not known; this is the first page."


def numbered_pager(
    number: int, count: int, href: Callable[[int], str], *, is_moving: bool = False
) -> Pager | None:
    """Around page `number` of a list in pages; None where there is one page only.

    `is_moving`: rows still come and go, so that they change pages.
    """
    if count <= PAGE_SIZE:
        return None
    first, last = (number - 1) * PAGE_SIZE + 1, min(number * PAGE_SIZE, count)
    return Pager(
        note=NUMBERED if is_moving else "",
        text=numbers.rows_range(first, last, count),
        previous_href=href(number - 1) if number > 1 else "",
        next_href=href(number + 1) if last < count else "",
    )


def page_within(number: int, count: int) -> int:
    """The last page where `number` is beyond it."""
    return min(number, max(1, -(-count // PAGE_SIZE)))


def _range(first: int, last: int, count: int | None) -> str:
    if count is not None:
        return numbers.rows_range(first, last, max(count, last))
    most = numbers.count(COUNT_AT_MOST)
    return (
        f"{numbers.count(first)}{numbers.DASH}{numbers.count(last)} of more than {most}"
    )


def _address(state: PageState, name: str, position: Position | None) -> str:
    """Of the page from there, "" without one."""
    if position is None:
        return ""
    if position.is_backwards and not position.first:
        return state.with_own(cursor="")
    return state.with_own(cursor=encode_cursor(position, name, state.filters))
