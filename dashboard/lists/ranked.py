"""Lists that are computed whole and then cut into pages: ranked cases."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Generic

from dashboard.filters import Accepts, Filters
from dashboard.lists.listing import Row
from dashboard.lists.paging import BATCH, Page, Position

Key = Callable[[Any], tuple[Any, ...]]


def _sorted(items: Sequence[Any], _: str, key: Key) -> Sequence[Any]:
    return sorted(items, key=key)


def _bisected(
    items: Sequence[Any], keys: Sequence[Any], is_after: bool, key: Key
) -> int:
    bisect: Any = bisect_right if is_after else bisect_left
    return int(bisect(items, keys, key=key))


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking(Generic[Row]):
    """`compute` gives all items in the order of `key`, which is unique and ascending;
    `rows` turns a batch of them into frozen rows with a fixed number of queries.

    `sorts` are further orders by name: ascending keys, which `key` makes unique.
    `default_sort` names the order of `key` itself. `also` are parameters of its own.
    `arranged` gives items in one of these orders, and `place_of` where some keys are
    among them, behind or before an item that has them.
    """

    name: str
    row: type[Row]
    compute: Callable[[Filters], Sequence[Any]]
    key: Key
    rows: Callable[[Filters, Sequence[Any]], list[Row]]
    refused: Mapping[str, str] = field(default_factory=dict)
    sorts: Mapping[str, Key] = field(default_factory=dict)
    default_sort: str = ""
    also: frozenset[str] = frozenset()
    arranged: Callable[[Any, str, Key], Sequence[Any]] = _sorted
    place_of: Callable[[Any, Sequence[Any], bool, Key], int] = _bisected

    @property
    def accepts(self) -> Accepts:
        named = (self.default_sort,) if self.default_sort else ()
        return Accepts(
            also=self.also,
            refused=self.refused,
            is_metric=True,
            sorts=(*named, *self.sorts),
        )

    def is_moving(self, filters: Filters) -> bool:
        """Always: what is ranked by figures moves when late data changes them."""
        return True

    def ordered(self, filters: Filters) -> Ranking[Row]:
        """The same, computed and keyed in the order that the filters ask for."""
        sort = self.sorts.get(filters.sort)
        if sort is None:
            return self

        def key(item: Any) -> tuple[Any, ...]:
            return (*sort(item), *self.key(item))

        def compute(asked: Filters) -> Sequence[Any]:
            return self.arranged(self.compute(asked), filters.sort, key)

        return replace(self, key=key, compute=compute)


def two_ways(name: str, value: Callable[[Any], float | None]) -> dict[str, Key]:
    """Orders by a number: `name` upwards, `-name` downwards, what has none last."""

    def key(item: Any, sign: int) -> tuple[Any, ...]:
        number = value(item)
        return (number is None, 0 if number is None else sign * number)

    return {
        name: lambda item: key(item, 1),
        f"-{name}": lambda item: key(item, -1),
    }


def ranked_page(
    ranking: Ranking[Row],
    filters: Filters,
    *,
    limit: int,
    position: Position | None = None,
) -> Page[Row]:
    """The `limit` rows after `position`, or the first ones."""
    if position is not None:
        filters = replace(filters, now=position.now)
    ranking = ranking.ordered(filters)
    items = ranking.compute(filters)
    start, end = _span(ranking, items, limit, position)
    following = preceding = None
    if end < len(items):
        following = _position(ranking, filters, items[end - 1], first=end)
    if start > 0:
        preceding = _position(ranking, filters, items[start], first=start)
        preceding = replace(preceding, is_backwards=True)
    return Page(
        rows=tuple(ranking.rows(filters, items[start:end])),
        count=len(items),
        first=start,
        next=following,
        previous=preceding,
    )


def ranked_stream(ranking: Ranking[Row], filters: Filters) -> Iterator[Row]:
    """Every row; what is computed is small, the rows' details come in batches."""
    items = ranking.ordered(filters).compute(filters)
    for start in range(0, len(items), BATCH):
        yield from ranking.rows(filters, items[start : start + BATCH])


def _span(
    ranking: Ranking[Any], items: Sequence[Any], limit: int, position: Position | None
) -> tuple[int, int]:
    if position is None:
        return 0, min(limit, len(items))
    is_after = not position.is_backwards
    place = ranking.place_of(items, position.keys, is_after, ranking.key)
    if position.is_backwards:
        return max(0, place - limit), place
    return place, min(place + limit, len(items))


def _position(
    ranking: Ranking[Any], filters: Filters, item: Any, *, first: int
) -> Position:
    return Position(
        keys=ranking.key(item), is_backwards=False, first=first, now=filters.now
    )
