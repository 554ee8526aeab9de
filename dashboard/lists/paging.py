"""Keyset pages: after (sort key, id), so that equal times neither loop nor lose a row."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Any, Generic

from django.db.models import Q, QuerySet

from dashboard.database.local_settings import held_transaction
from dashboard.filters import Filters
from dashboard.filters.state import BEGINNING
from dashboard.lists.listing import Listing, Row
from dashboard.unchanged import while_unchanged

# Counting further takes longer than the page itself.
COUNT_AT_MOST = 100_000
BATCH = 1000
# Rows that are looked for at once where all are wanted.
STEP = 10 * BATCH


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """A place between two rows: after `keys` (sort key, then ties), or before them.

    `first` is the number of rows before the page, `now` the moment at which paging
    began, so that a window of the last days is the same on every page.
    """

    keys: tuple[Any, ...]
    is_backwards: bool
    first: int
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[Row]):
    """Rows `first` to `first + len(rows)` of `count`, which is None when too many."""

    rows: tuple[Row, ...]
    count: int | None
    first: int
    next: Position | None
    previous: Position | None


def page(
    listing: Listing[Row],
    filters: Filters,
    *,
    limit: int,
    position: Position | None = None,
) -> Page[Row]:
    """The `limit` rows after `position`, or the first ones."""
    if position is not None:
        filters = replace(filters, now=position.now)
    chosen = listing.select(filters)
    is_backwards = position is not None and position.is_backwards
    found = _rows_after(listing, filters, chosen, position, limit + 1)
    has_more = len(found) > limit
    found = found[:limit]
    if is_backwards:
        found.reverse()
    is_whole = position is None and not has_more
    count = len(found) if is_whole else _count(listing, filters, chosen)
    return _page(listing, filters, found, has_more, position, count)


def first_rows(listing: Listing[Row], filters: Filters, limit: int) -> tuple[Row, ...]:
    """The first rows alone: counting the others takes longer than finding these."""
    chosen = listing.select(filters)
    found = _rows_after(listing, filters, chosen, None, limit)
    return tuple(listing.rows(found))


def rows_with_ids(listing: Listing[Row], ids: Collection[int]) -> tuple[Row, ...]:
    """Those of the rows that are here, in no order."""
    if not ids:
        return ()
    chosen = listing.select(Filters(with_uncounted=True)).filter(pk__in=ids)
    return tuple(listing.rows(list(chosen)))


def stream(listing: Listing[Row], filters: Filters) -> Iterator[Row]:
    """Every row, in batches: memory does not grow with their number."""
    chosen = listing.select(filters)
    walk = _walk if _has_index(listing, filters) else _read_once
    for batch in walk(listing, filters, chosen):
        yield from listing.rows(batch)


def _has_index(listing: Listing[Any], filters: Filters) -> bool:
    """Whether the database finds the next rows without looking at all again."""
    is_usual = _is_usual(listing, filters)
    return is_usual and not filters.latest and not filters.signature


def _is_usual(listing: Listing[Any], filters: Filters) -> bool:
    return listing.order_of(filters) == listing.default_sort.removeprefix("-")


def _walk(
    listing: Listing[Any], filters: Filters, chosen: QuerySet[Any]
) -> Iterator[list[Any]]:
    position = None
    while True:
        found = _rows_after(listing, filters, chosen, position, STEP)
        for first in range(0, len(found), BATCH):
            yield found[first : first + BATCH]
        if len(found) < STEP:
            return
        position = _position(listing, filters, found[-1], first=0)


def _read_once(
    listing: Listing[Any], filters: Filters, chosen: QuerySet[Any]
) -> Iterator[list[Any]]:
    """Sorted once and kept by the database, which hands the rows out in batches."""
    is_descending = _is_descending(listing, filters)
    ordered = _ordered(listing, filters, chosen, is_descending)
    with held_transaction():
        rows = ordered.iterator(chunk_size=BATCH)
        while batch := list(islice(rows, BATCH)):
            yield batch


def _count(
    listing: Listing[Any], filters: Filters, chosen: QuerySet[Any]
) -> int | None:
    if listing.least_count and listing.least_count(filters) > COUNT_AT_MOST:
        return None
    if filters.has_window or not listing.is_count_kept:
        return count_of(chosen)
    asked = replace(filters, now=BEGINNING, sort="")
    return while_unchanged(f"count of {listing.name} {asked}", lambda: count_of(chosen))


def count_of(queryset: QuerySet[Any]) -> int | None:
    """The number of rows, None above COUNT_AT_MOST."""
    # Without the order the database need not sort what it only counts.
    counted = queryset.order_by()[: COUNT_AT_MOST + 1].count()
    return counted if counted <= COUNT_AT_MOST else None


def _page(
    listing: Listing[Row],
    filters: Filters,
    rows: list[Any],
    has_more: bool,
    position: Position | None,
    count: int | None,
) -> Page[Row]:
    is_backwards = position is not None and position.is_backwards
    # Rows that came or went since the last page may have moved the start.
    first = max(0, position.first - len(rows)) if is_backwards and position else 0
    if position is not None and not is_backwards:
        first = position.first
    after = has_more or is_backwards
    before = has_more if is_backwards else position is not None
    following = preceding = None
    if rows and after:
        following = _position(listing, filters, rows[-1], first + len(rows))
    if rows and before:
        preceding = replace(
            _position(listing, filters, rows[0], first), is_backwards=True
        )
    return Page(
        rows=tuple(listing.rows(rows)),
        count=count,
        first=first if preceding or position is None else 0,
        next=following,
        previous=preceding,
    )


def _position(
    listing: Listing[Row], filters: Filters, row: Any, first: int
) -> Position:
    return Position(
        keys=_keys(listing, row), is_backwards=False, first=first, now=filters.now
    )


def _rows_after(
    listing: Listing[Any],
    filters: Filters,
    chosen: QuerySet[Any],
    position: Position | None,
    most: int,
) -> list[Any]:
    """The next rows in the direction of the position, each with its `sort_key`."""
    is_backwards = position is not None and position.is_backwards
    moved = _moved(listing, filters, position)
    if position is None or listing.moved is None or not moved:
        return _next(listing, filters, chosen, position, most)
    told = chosen.annotate(row_id=listing.moved.row_id)
    still = told.exclude(row_id__in=moved)
    found = _next(listing, filters, still, position, most)
    is_descending = _is_descending(listing, filters, is_backwards)
    for row in told.filter(row_id__in=moved):
        row.sort_key = moved[row.row_id]
        keys = _keys(listing, row)
        if keys < position.keys if is_descending else keys > position.keys:
            found.append(row)
    found.sort(key=lambda row: _keys(listing, row), reverse=is_descending)
    return found[:most]


def _next(
    listing: Listing[Any],
    filters: Filters,
    chosen: QuerySet[Any],
    position: Position | None,
    most: int,
) -> list[Any]:
    """Those after the position that are here now."""
    is_backwards = position is not None and position.is_backwards
    is_descending = _is_descending(listing, filters, is_backwards)
    ordered = _ordered(listing, filters, chosen, is_descending)
    after = _after(ordered, listing, position, is_descending)
    if listing.limits and _is_usual(listing, filters):
        key = position and position.keys[0]
        within = f"sort_key__{'gte' if is_descending else 'lte'}"
        limits = listing.limits(filters, most, key, is_descending=is_descending)
        for limit in limits:
            found = list(after.filter(**{within: limit})[:most])
            if len(found) == most:
                return found
    return list(after[:most])


def _moved(
    listing: Listing[Any], filters: Filters, position: Position | None
) -> Mapping[int, Any]:
    """The keys that rows had when paging began, of those that have others now."""
    moved = listing.moved
    if position is None or moved is None or listing.order_of(filters) != moved.sort:
        return {}
    return moved.since(position.now)


def _keys(listing: Listing[Any], row: Any) -> tuple[Any, ...]:
    return (row.sort_key, *(getattr(row, tie) for tie in listing.ties))


def _ordered(
    listing: Listing[Row],
    filters: Filters,
    queryset: QuerySet[Any],
    is_descending: bool,
) -> QuerySet[Any]:
    """The rows in the asked order, in the direction that is wanted of it."""
    sign = "-" if is_descending else ""
    key = listing.sorts[listing.order_of(filters)]
    names = [f"{sign}{name}" for name in ("sort_key", *listing.ties)]
    ordered: QuerySet[Any] = queryset.annotate(sort_key=key).order_by(*names)
    return ordered


def _is_descending(
    listing: Listing[Any], filters: Filters, is_backwards: bool = False
) -> bool:
    return (filters.sort or listing.default_sort).startswith("-") != is_backwards


def _after(
    ordered: QuerySet[Any],
    listing: Listing[Any],
    position: Position | None,
    is_descending: bool,
) -> QuerySet[Any]:
    """Rows beyond a position in the direction of the order."""
    if position is None:
        return ordered
    names = ("sort_key", *listing.ties)
    beyond = Q()
    for depth, name in enumerate(names):
        equal = dict(zip(names[:depth], position.keys, strict=False))
        further = f"{name}__{'lt' if is_descending else 'gt'}"
        beyond |= Q(**equal, **{further: position.keys[depth]})
    # Said apart because the database can use an index for it, and not for the ORs.
    reach = f"sort_key__{'lte' if is_descending else 'gte'}"
    return ordered.filter(beyond, **{reach: position.keys[0]})
