"""The tabs of a comparison and the list of the chosen one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from dashboard.annotations.notes_and_mutes import CaseRemarks
from dashboard.lists.compare import PairRow, Side, pair_rows
from dashboard.metrics.compare import CATEGORIES, Category, Comparison, Pair, pairs
from dashboard.pages.compare.state import PATH, CompareState
from dashboard.ui import links
from dashboard.ui.clock import Clock
from dashboard.ui.notes_and_mutes import mute_words, remarks_on
from dashboard.ui.parts import (
    Button,
    Column,
    Delta,
    EmptyState,
    Number,
    Pager,
    SearchBox,
    State,
)
from dashboard.ui.svg.outcomes import glyph_of
from dashboard.ui.text import deltas, numbers, times
from ingest.contract import Status
from ingest.models import Run

PAGE_SIZE = 50
# Glyph, name of the tab, and what is in it.
TABS: dict[Category, tuple[str, str, str]] = {
    "regression": ("fail", "Regressions", "passed in base, do not in head"),
    "fixed": ("fixed", "Fixed", "did not pass in base, pass in head"),
    "still_failing": ("still", "Still failing", "pass in neither run"),
    "still_passing": ("pass", "Still passing", "pass in both runs"),
    "new_failure": ("fail", "New failures", "fail in head, not decided in base"),
    "new_pass": ("pass", "New passes", "pass in head, not decided in base"),
    "gone": ("skip", "Gone", "decided in base, not in head"),
}
# What needs a person first.
FIRST: tuple[Category, ...] = ("regression", "new_failure", "fixed", "still_failing")
HEADS = {
    "name": ("Test", "name"),
    "base": ("Base", "-base_ms"),
    "head": ("Head", "-head_ms"),
    "change": ("Change", "-change_ms"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryTab:
    """One of the seven categories; its number is the length of its list."""

    glyph: str
    text: str
    number: Number
    is_current: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PairSide:
    """An outcome and what it says; `state` None is no result. `href` shows it."""

    state: State | None
    duration: str = ""
    message: str = ""
    href: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PairListRow:
    name: str
    href: str
    folder: str
    base: PairSide
    head: PairSide
    change: Delta | None = None
    muted: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PairCard:
    """The list of one category. Column keys: name, base, head, change."""

    title: str
    text: str
    count: str
    search: SearchBox
    columns: Mapping[str, Column]
    rows: tuple[PairListRow, ...]
    pager: Pager | None = None
    empty: EmptyState | None = None


def current(state: CompareState, found: Comparison) -> Category:
    """The asked category, else the first with anything in it that needs a look."""
    if state.change is not None:
        return state.change
    filled = (name for name in (*FIRST, *CATEGORIES) if found.counts[name])
    return next(filled, "regression")


def tabs(state: CompareState, found: Comparison) -> tuple[CategoryTab, ...]:
    chosen = current(state, found)
    return tuple(
        CategoryTab(
            glyph=glyph,
            text=text,
            number=tab_number(state, found, name),
            is_current=name == chosen,
        )
        for name, (glyph, text, _) in TABS.items()
    )


def tab_number(state: CompareState, found: Comparison, name: Category) -> Number:
    count = found.counts[name]
    href = state.href("rows", change=name, q="", sort="name")
    return Number(
        text=numbers.count(count),
        metric=name,
        value=count,
        href=href if count else "",
    )


def card(state: CompareState, found: Comparison, clock: Clock) -> PairCard:
    name = current(state, found)
    _, title, text = TABS[name]
    chosen = _ordered(_wanted(found, name, state.q), state.sort)
    last_page = max(1, -(-len(chosen) // PAGE_SIZE))
    page = min(state.page, last_page)
    first = (page - 1) * PAGE_SIZE
    rows = pair_rows(found.base, found.head, chosen[first : first + PAGE_SIZE])
    noted = remarks_on([row.case.id for row in rows], clock.now)
    return PairCard(
        title=title,
        text=text,
        count=numbers.count(len(chosen)),
        search=SearchBox(
            action=PATH,
            value=state.q,
            placeholder="Name, folder or key",
            hidden=tuple(pair for pair in state.pairs() if pair[0] not in _BY_SEARCH),
        ),
        columns=_columns(state),
        rows=tuple(_row(found, row, noted, clock) for row in rows),
        pager=_pager(state, page, first, len(rows), len(chosen)),
        empty=None if rows else _empty(state, name),
    )


_BY_SEARCH = frozenset({"q", "page"})


def _wanted(found: Comparison, name: Category, q: str) -> list[Pair]:
    text = q.casefold()
    return [
        pair
        for pair in pairs(found.base, found.head)
        if pair.category == name
        and any(text in part.casefold() for part in (pair.name, pair.folder, pair.key))
    ]


def _ordered(chosen: Sequence[Pair], sort: str) -> list[Pair]:
    """In the asked order; what has no value is last in both directions."""
    name = sort.removeprefix("-")
    is_descending = sort.startswith("-")
    if name == "name":
        return sorted(chosen, key=lambda p: (p.name, p.case), reverse=is_descending)
    value = _VALUES[name]
    sign = -1 if is_descending else 1

    def key(pair: Pair) -> tuple[bool, int, str, int]:
        number = value(pair)
        return number is None, sign * (number or 0), pair.name, pair.case

    return sorted(chosen, key=key)


_VALUES: dict[str, Callable[[Pair], int | None]] = {
    "base_ms": lambda pair: pair.base.duration_ms if pair.base else None,
    "head_ms": lambda pair: pair.head.duration_ms if pair.head else None,
    "change_ms": lambda pair: pair.change_ms,
}


def _columns(state: CompareState) -> dict[str, Column]:
    columns = {}
    for key, (text, first) in HEADS.items():
        is_sorted = state.sort.removeprefix("-") == first.removeprefix("-")
        turned = first.removeprefix("-")
        wanted = first
        if is_sorted:
            wanted = turned if state.sort.startswith("-") else f"-{turned}"
        direction: Literal["asc", "desc", ""] = ""
        if is_sorted:
            direction = "desc" if state.sort.startswith("-") else "asc"
        columns[key] = Column(
            text=text,
            href=state.href("rows", sort=wanted),
            sorted=direction,
            numeric=key == "change",
        )
    return columns


def _row(
    found: Comparison,
    row: PairRow,
    noted: Mapping[int, CaseRemarks],
    clock: Clock,
) -> PairListRow:
    before_ms = row.base.duration_ms if row.base else None
    after_ms = row.head.duration_ms if row.head else None
    change = None
    if before_ms is not None and after_ms is not None:
        change = deltas.duration_delta(after_ms, before_ms)
    return PairListRow(
        name=row.case.name,
        href=links.case(row.case.id),
        folder=row.case.folder,
        base=_side(found.base, row.base),
        head=_side(found.head, row.head),
        change=change,
        muted=mute_words(noted.get(row.case.id), clock.moment),
    )


def _side(run: Run, side: Side | None) -> PairSide:
    if side is None:
        return PairSide(state=None)
    status = Status(side.status)
    return PairSide(
        state=State(glyph=glyph_of(status), word=side.status),
        duration="" if side.duration_ms is None else times.duration(side.duration_ms),
        message=side.message,
        href=links.run(run.pk),
    )


def _pager(
    state: CompareState, page: int, first: int, shown: int, count: int
) -> Pager | None:
    if count <= PAGE_SIZE:
        return None
    last = first + shown
    return Pager(
        text=numbers.rows_range(first + 1, last, count),
        previous_href=state.href("rows", page=page - 1) if page > 1 else "",
        next_href=state.href("rows", page=page + 1) if last < count else "",
    )


def _empty(state: CompareState, name: Category) -> EmptyState:
    if state.q:
        return EmptyState(
            title="No test matches",
            text=f"Text is “{state.q[:60]}”.",
            icon="filter",
            button=Button(text="Clear search", href=state.href(q=""), small=True),
        )
    _, title, text = TABS[name]
    return EmptyState(title=f"{title}: none", text=f"Tests that {text}.", icon="info")
