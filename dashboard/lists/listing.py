"""What a list is: how it selects, how it may be ordered, and what its rows hold."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

from django.db.models import QuerySet
from django.db.models.functions import Left

from dashboard.filters import Accepts, Filters
from ingest.contract import Status

Row = TypeVar("Row")


class PagePath(str):
    """The path of one of our pages; the API makes it a whole address."""

    __slots__ = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """Keys of the order `sort` that rows had at a moment, by `row_id`, where they have
    others now.
    """

    sort: str
    row_id: Any
    since: Callable[[datetime], Mapping[int, Any]]


class Limits(Protocol):
    """Keys of the usual order between which and the start of the list, or `after`, `most`
    rows may lie, the nearest first.
    """

    def __call__(
        self, filters: Filters, most: int, after: Any, *, is_descending: bool
    ) -> Iterable[Any]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing(Generic[Row]):
    """One list. `select` chooses rows of the database, `rows` turns a batch of them
    into frozen rows with a fixed number of queries. `ties` are the columns that order
    rows of equal sort key; together they are unique. `whole` is the one row where lists
    cut what it holds, a `whole_row` where that has more fields.

    `sorts` are expressions that are never null, by name; a minus before it turns one
    round. `moving` are those whose keys change while data arrives, so that a row can be
    met twice or missed; the default is none of them. `moved` keeps rows in their place
    all the same, where it is known what their keys were. `limits` spare the database to
    put all rows in order for the first of them, where no index has the usual order, and
    `least_count` to count more of them than anybody is told. `is_count_kept`: without a
    window the number of rows changes with the data alone.
    """

    name: str
    row: type[Row]
    select: Callable[[Filters], QuerySet[Any]]
    rows: Callable[[Sequence[Any]], list[Row]]
    whole: Callable[[Any], Row] | None = None
    whole_row: type[Row] | None = None
    sorts: Mapping[str, Any]
    default_sort: str
    ties: tuple[str, ...] = ("pk",)
    statuses: tuple[str, ...] = tuple(Status)
    refused: Mapping[str, str] = field(default_factory=dict)
    moving: frozenset[str] = frozenset()
    moved: Moved | None = None
    limits: Limits | None = None
    least_count: Callable[[Filters], int] | None = None
    is_count_kept: bool = False

    def is_moving(self, filters: Filters) -> bool:
        """Whether rows of the order asked for may move while data arrives."""
        return self.order_of(filters) in self.moving

    def order_of(self, filters: Filters) -> str:
        """The name of the order asked for, without its direction."""
        return (filters.sort or self.default_sort).removeprefix("-")

    @property
    def accepts(self) -> Accepts:
        names = [sign + name for name in self.sorts for sign in ("", "-")]
        return Accepts(sorts=tuple(names), statuses=self.statuses, refused=self.refused)


# Letters of a name that an address tells where a page of a list ended.
LONGEST_KEY = 200


def by_name(column: str = "name") -> Left:
    """The order by a name, which an address can tell whatever the name is."""
    return Left(column, LONGEST_KEY)


ONLY_FAILURES = {
    "message": "It applies to groups of failures only.",
    "never_executed": "It applies to lists of tests only.",
}
# Tests and runs can be those with a failure of one signature.
ONLY_RESULTS_HAVE = {
    **ONLY_FAILURES,
    "latest": "It applies to lists of results only.",
    "final": "It applies to lists of results only.",
}
ONLY_RESULTS = {
    **ONLY_RESULTS_HAVE,
    "signature": "It applies to lists of results, tests and runs only.",
}
ONLY_LISTS = {
    **ONLY_RESULTS,
    "status": "It applies to lists only: a metric tells every status apart.",
}
