"""The state of one page as its address tells it, and the addresses of its neighbours."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import tzinfo
from typing import Any, ClassVar, Self

from django.http import QueryDict
from django.utils import timezone

from dashboard.addresses import address, with_query
from dashboard.filters import (
    DEFAULT_WINDOW_DAYS,
    Accepts,
    Filters,
    Problem,
    Window,
    default_scope,
    lenient,
    without_all,
    written_pairs,
)
from dashboard.filters.parameters import Parameter, read_parameters, written
from dashboard.reading.as_of import AS_OF
from dashboard.reading.scope import past
from dashboard.ui.parts import SearchBox
from dashboard.ui.question import ask

# What a page reads beside the common filters; in an address they stand last.
VIEW, CURSOR, FIND, CAUSE, RUNS = "view", "cursor", "find", "cause", "runs"
FOLDER = "folder"
STATE, MIN_RATE, MIN_EXECUTIONS = "state", "min_rate", "min_executions"
OF_THE_PAGE = (
    FIND,
    STATE,
    MIN_RATE,
    MIN_EXECUTIONS,
    FOLDER,
    VIEW,
    RUNS,
    CAUSE,
    CURSOR,
)
# It changes how a page looks, not what it says, and links do not carry it.
THEME = "theme"


@dataclass(frozen=True, slots=True, kw_only=True)
class PageState:
    """`path` with `filters` and `own` (the page's own parameters) is the address.

    `has_default_window`: without a time range the page shows `default_days`, as metrics
    do; else everything, as lists do. `pinned` are filters that the path already says.
    """

    path: str
    filters: Filters
    own: Mapping[str, str] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    has_default_window: bool = False
    default_days: int = DEFAULT_WINDOW_DAYS
    pinned: Mapping[str, Any] = field(default_factory=dict)

    @property
    def zone(self) -> tzinfo:
        return timezone.get_current_timezone()

    @property
    def window(self) -> Window | None:
        """What the page is about; None is all time."""
        if self.has_default_window:
            days = self.filters.window_days or self.default_days
            return replace(self.filters, window_days=days).window()
        return self.filters.list_window()

    @property
    def href(self) -> str:
        """The canonical address: defaults left out, parameters in their one order."""
        return self.with_own()

    @property
    def moment_href(self) -> str:
        """The address with the time range fixed as it is now, to the second; "" where it
        is fixed already.
        """
        window = self.window
        if self.filters.until is not None:
            return ""
        until = self.filters.now.replace(microsecond=0)
        since = window.since.replace(microsecond=0) if window else None
        return self.with_filters(since=since, until=until, window_days=None)

    def with_filters(self, **changes: Any) -> str:
        """The address with other filters, which begins at the first page again."""
        own = {name: value for name, value in self.own.items() if name != CURSOR}
        return _href(self.path, self._pairs(replace(self.filters, **changes)), own)

    def with_own(self, **changes: str) -> str:
        """The address with other parameters of the page's own; "" leaves one out."""
        return _href(self.path, self._pairs(self.filters), {**self.own, **changes})

    def only_view(self, *known: str) -> PageState:
        """The same, without a view that is none of `known`."""
        if self.own.get(VIEW) in known:
            return self
        own = {name: value for name, value in self.own.items() if name != VIEW}
        return replace(self, own=own)

    def elsewhere(self, path: str) -> str:
        """Another page with the same filters, without what the path said here."""
        named: dict[str, Any] = dict.fromkeys(self.pinned, ())
        elsewhere = replace(self, pinned={})
        return _href(path, elsewhere._pairs(replace(self.filters, **named)), {})

    def hidden(self, *without: str, **changes: Any) -> tuple[tuple[str, str], ...]:
        """Name and value of all but the parameters `without`, for forms."""
        own = [(name, self.own.get(name, "")) for name in OF_THE_PAGE]
        pairs = [*self._pairs(replace(self.filters, **changes)), *own]
        left_out = {*without, CURSOR}
        return tuple((n, v) for n, v in pairs if v and n not in left_out)

    def _pairs(self, filters: Filters) -> list[tuple[str, str]]:
        if self.has_default_window and filters.window_days == self.default_days:
            filters = replace(filters, window_days=None)
        # What the path says needs no word on projects.
        pairs = filters.pairs() if self.pinned else written_pairs(filters)
        return [pair for pair in pairs if pair[0] not in self.pinned]


@dataclass(frozen=True, kw_only=True)
class DeclaredState:
    """What a page without the common filters reads, and the addresses of its neighbours.

    `route` names the page; `problems` are sentences on what could not be read.
    """

    route: ClassVar[str]
    parameters: ClassVar[Sequence[Parameter]]
    q: str = ""
    page: int = 1
    problems: tuple[str, ...] = ()

    @property
    def path(self) -> str:
        """Of the page, without its parameters."""
        return address(self.route)

    @classmethod
    def read(cls, query: QueryDict) -> Self:
        values, problems = read_declared(query, cls.parameters)
        return cls(**values, problems=problems)

    def pairs(self) -> list[tuple[str, str]]:
        """The parameters that differ from their default, in an order that never changes."""
        return written(vars(self), self.parameters)

    def href(self, anchor: str = "", **changes: Any) -> str:
        """The same with `changes`, on the first page unless they say more."""
        pairs = replace(self, **{"page": 1, **changes}).pairs()
        return with_query(self.path, pairs, anchor)

    def search_box(self, placeholder: str) -> SearchBox:
        return SearchBox(
            action=self.path,
            value=self.q,
            placeholder=placeholder,
            hidden=tuple(replace(self, q="", page=1).pairs()),
        )


def read_declared(
    query: QueryDict, declared: Sequence[Parameter]
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """A value for each, and a sentence on everything else that the query holds."""
    values, problems = read_parameters(query, declared)
    names = {THEME, *values, *((AS_OF,) if past() else ())}
    unknown = [
        f"{name[:60]} was left out. There is no parameter of this name here."
        for name in query
        if name not in names
    ]
    return values, (
        *(f"{p.name} was left out. {p.sentence}" for p in problems),
        *unknown,
    )


def read_state(
    path: str,
    query: QueryDict,
    accepts: Accepts,
    *,
    own: Iterable[str | Parameter] = (),
    has_default_window: bool = False,
    default_days: int = DEFAULT_WINDOW_DAYS,
    pinned: Mapping[str, Any] | None = None,
) -> PageState:
    """The state of the page at `path`; what cannot be read is left out and told. Links
    of the page carry its filters on. An address that says of no project is of those that
    the reader starts with.
    """
    pinned = pinned or {}
    declared = [p if isinstance(p, Parameter) else Parameter(p, str) for p in own]
    texts = {p.name: text for p in declared if (text := query.get(p.name))}
    # What another reads, the theme's switch and the path.
    also = accepts.also | {THEME, *(p.name for p in declared)} | {*pinned}
    query, says_projects = without_all(query)
    parsed = lenient(query, replace(accepts, also=also, is_metric=has_default_window))
    if not pinned and not says_projects and (scope := default_scope()):
        narrowed = replace(parsed.filters, project=scope)
        parsed = replace(parsed, filters=narrowed)
    _, problems = read_parameters(texts, declared)
    unread = {problem.name for problem in problems}
    ask(parsed.filters, is_metric=has_default_window)
    return PageState(
        path=path,
        filters=replace(parsed.filters, **pinned),
        own={name: text for name, text in texts.items() if name not in unread},
        problems=(*parsed.problems, *problems),
        has_default_window=has_default_window,
        default_days=default_days,
        pinned=pinned,
    )


def _href(path: str, pairs: Iterable[tuple[str, str]], own: Mapping[str, str]) -> str:
    shown = [(name, own[name]) for name in OF_THE_PAGE if own.get(name)]
    return with_query(path, [*pairs, *shown])
