"""Tables whose columns are declared once: head, order, cells, export, place on a phone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import KW_ONLY, dataclass
from functools import partial
from typing import Any, Literal

from dashboard.ui.url_state import PageState


@dataclass(frozen=True, slots=True)
class Column:
    """A column. The part `{% cell key %}` of its table's template prints a cell of it.

    `sort` is its name in the address, with a minus where it begins with the greatest;
    "" cannot be sorted. `field` is the field of the list's row that stands behind it,
    as the API and the CSV give it; "" has none of its own.

    `css` are the classes of its cells. A letter is its place on the card that a row is
    on a phone, without one it is left out there; `num` sets it to the right, head and
    all. A screen narrower than `from_px` leaves it out, and the row tells it elsewhere.
    """

    key: str
    title: str
    field: str = ""
    _: KW_ONLY
    sort: str = ""
    css: str = ""
    width: str = ""
    from_px: Literal[0, 1024, 1280, 1440] = 0

    @property
    def shown_css(self) -> str:
        """The class of all that is left out with it."""
        return f"from-{self.from_px}" if self.from_px else ""

    @property
    def cell_css(self) -> str:
        return f"{self.css} {self.shown_css}".strip()

    @property
    def head_css(self) -> str:
        number = "num" if "num" in self.css.split() else ""
        return f"{number} {self.shown_css}".strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What stands over a column. `href` sorts by it."""

    column: Column
    href: str = ""
    sorted: Literal["asc", "desc", ""] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """What `{% table %}` prints. `css` are its classes; "fixed" ones keep the widths of
    their columns whatever the cells hold.
    """

    heads: tuple[Head, ...]
    rows: Sequence[Any]
    css: str = ""

    @property
    def is_fixed(self) -> bool:
        return "fixed" in self.css.split()


def table(
    columns: Sequence[Column],
    rows: Sequence[Any],
    *,
    css: str = "",
    state: PageState | None = None,
    default_sort: str = "",
    sort_href: Callable[[str], str] | None = None,
) -> Table:
    """`default_sort` is in force without another. Without `state` nobody can sort it,
    unless `sort_href` tells the address of another order.
    """
    if state is not None:
        sort_href = partial(_sorted_by, state, default=default_sort)
        default_sort = state.filters.sort or default_sort
    return Table(
        heads=tuple(_head(column, sort_href, default_sort) for column in columns),
        rows=rows,
        css=css,
    )


def sorts(columns: Sequence[Column]) -> tuple[str, ...]:
    """By what a table may be sorted, up and down."""
    names = [column.sort.removeprefix("-") for column in columns if column.sort]
    return tuple(sign + name for name in names for sign in ("", "-"))


def _head(column: Column, sort_href: Callable[[str], str] | None, current: str) -> Head:
    if sort_href is None or not column.sort:
        return Head(column=column)
    is_down, name = current.startswith("-"), column.sort.removeprefix("-")
    if current.removeprefix("-") != name:
        return Head(column=column, href=sort_href(column.sort))
    turned = name if is_down else f"-{name}"
    return Head(
        column=column, href=sort_href(turned), sorted="desc" if is_down else "asc"
    )


def _sorted_by(state: PageState, sort: str, default: str) -> str:
    return state.with_filters(sort="" if sort == default else sort)
