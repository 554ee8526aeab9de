"""The tabs of a comparison and the list of the chosen one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from dashboard.lists.compare import PairRow, pair_rows
from dashboard.metrics.compare import Category, Comparison, Pair, pairs
from dashboard.pages.compare.state import CompareState
from dashboard.ui.clock import Clock
from dashboard.ui.notes_and_mutes import mute_titles
from dashboard.ui.number_links import counted
from dashboard.ui.pagination import PAGE_SIZE, numbered_pager, page_within
from dashboard.ui.parts import Button, Delta, EmptyState, Number, Pager, SearchBox
from dashboard.ui.tables import Column, Table, table
from dashboard.ui.text import deltas, numbers

# Glyph, name of the tab, and what is in it; what needs a person first.
TABS: dict[Category, tuple[str, str, str]] = {
    "regression": ("fail", "Regressions", "passed in base, do not in head"),
    "new_failure": ("fail", "New failures", "fail in head, not decided in base"),
    "fixed": ("fixed", "Fixed", "did not pass in base, pass in head"),
    "still_failing": ("still", "Still failing", "pass in neither run"),
    "still_passing": ("pass", "Still passing", "pass in both runs"),
    "new_pass": ("pass", "New passes", "pass in head, not decided in base"),
    "gone": ("skip", "Gone", "decided in base, not in head"),
}
COLUMNS = (
    Column("name", "Test", "case", sort="name", css="a", width="30%"),
    Column("base", "Base", "base", sort="-base_ms", css="d"),
    Column("head", "Head", "head", sort="-head_ms", css="f"),
    Column(
        "change", "Change", "change_ms", sort="-change_ms", css="b num", width="110px"
    ),
)


# A category's glyph, name and the length of its list, and whether that is shown.
Tab = tuple[str, str, Number, bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedPair:
    pair: PairRow

    @property
    def change(self) -> Delta | None:
        before, after = self.pair.base, self.pair.head
        if not (before and after) or self.pair.change_ms is None:
            return None
        return deltas.duration_delta(after.duration_ms or 0, before.duration_ms or 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class PairCard:
    """The list of one category; `mutes` are the titles of muted tests, by id."""

    title: str
    text: str
    count: str
    search: SearchBox
    table: Table
    mutes: Mapping[int, str]
    pager: Pager | None
    empty: EmptyState | None


def _current(state: CompareState, comparison: Comparison) -> Category:
    """The asked category, else the first with anything in it that needs a look."""
    if state.change is not None:
        return state.change
    filled = (name for name in TABS if comparison.counts[name])
    return next(filled, "regression")


def tabs(
    state: CompareState, comparison: Comparison, by_category: Mapping[Category, Number]
) -> tuple[Tab, ...]:
    current = _current(state, comparison)
    return tuple(
        (glyph, text, by_category[name], name == current)
        for name, (glyph, text, _) in TABS.items()
    )


def category_numbers(
    state: CompareState, comparison: Comparison
) -> Mapping[Category, Number]:
    """Each leads to its list."""
    return {
        name: counted(
            name,
            comparison.counts[name],
            state.href("rows", change=name, q="", sort="name"),
        )
        for name in TABS
    }


def card(state: CompareState, comparison: Comparison, clock: Clock) -> PairCard:
    name = _current(state, comparison)
    _, title, text = TABS[name]
    every = _ordered(_matching(comparison, name, state.q), state.sort)
    page = page_within(state.page, len(every))
    part = every[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
    rows = pair_rows(comparison.base, comparison.head, part)
    return PairCard(
        title=title,
        text=text,
        count=numbers.count(len(every)),
        search=state.search_box("Name, folder or key"),
        table=table(
            COLUMNS,
            tuple(ListedPair(pair=row) for row in rows),
            css="tall blocks fixed pairs",
            default_sort=state.sort,
            sort_href=lambda sort: state.href("rows", sort=sort),
        ),
        mutes=mute_titles([row.case.id for row in rows], clock),
        pager=numbered_pager(
            page, len(every), lambda number: state.href("rows", page=number)
        ),
        empty=None if rows else _empty(state, name),
    )


def _matching(comparison: Comparison, name: Category, q: str) -> list[Pair]:
    text = q.casefold()
    return [
        pair
        for pair in pairs(comparison.base, comparison.head, [name])
        if any(text in part.casefold() for part in (pair.name, pair.folder, pair.key))
    ]


def _ordered(unordered: Sequence[Pair], sort: str) -> list[Pair]:
    """In the asked order; what has no value is last in both directions."""
    name, is_descending = sort.removeprefix("-"), sort.startswith("-")
    if name == "name":
        return sorted(unordered, key=lambda p: (p.name, p.case), reverse=is_descending)
    value, sign = _VALUES[name], -1 if is_descending else 1

    def key(pair: Pair) -> tuple[bool, int, str, int]:
        number = value(pair)
        return number is None, sign * (number or 0), pair.name, pair.case

    return sorted(unordered, key=key)


_VALUES: dict[str, Callable[[Pair], int | None]] = {
    "base_ms": lambda pair: pair.base.duration_ms if pair.base else None,
    "head_ms": lambda pair: pair.head.duration_ms if pair.head else None,
    "change_ms": lambda pair: pair.change_ms,
}


def _empty(state: CompareState, name: Category) -> EmptyState:
    if state.q:
        clear = Button(text="Clear search", href=state.href(q=""), small=True)
        text = f"Text is “{state.q[:60]}”."
        return EmptyState(
            title="No test matches", text=text, icon="filter", button=clear
        )
    _, title, text = TABS[name]
    return EmptyState(title=f"{title}: none", text=f"Tests that {text}.", icon="info")
