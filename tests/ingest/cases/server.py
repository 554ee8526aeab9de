"""A vendor that serves what it holds over real HTTP, and that changes between syncs."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any, ClassVar, TypeAlias
from urllib.parse import unquote

from tests.ingest.cases.inputs import World
from tests.ingest.wire import Answer, Request

Row: TypeAlias = dict[str, Any]
Handler: TypeAlias = Callable[..., Answer]


UNTOLD = object()


class Refused(Exception):
    """The request gets an error instead of what it asks for."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status, self.sentence = status, sentence


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list; `total` is what the vendor states about the whole of it,
    `last` the number of the last page that has rows (0: none).
    """

    rows: list[Row]
    number: int
    size: int
    total: Any
    last: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Quirks:
    """How a vendor's lists mislead.

    per_page: no page has more rows, whatever is asked.
    total: what is stated in place of the length: "page" the number of rows on the page,
    "size" at most a page's size, or a value for lists of runs.
    unlisted: ids of runs that no list shows, though each is given when asked for.
    shuffles: rows with equal times stand the other way round on pages 2, 4, …
    repeats: every page is the first.
    """

    per_page: int | None = None
    total: Any = None
    unlisted: frozenset[str] = frozenset()
    shuffles: bool = False
    repeats: bool = False


class Vendor(ABC):
    """One vendor's read API, as its fact sheet has it.

    worlds: what it holds in each phase; `phase` says which one is served.
    broken: requests ("GET /path?query") that any of these expressions is found in are
    always answered with 500. quirks: see Quirks.
    """

    name: ClassVar[str]
    # How the path of the list ends whose total a test may have misstated.
    list_of_runs: ClassVar[str] = "/runs"

    def __init__(
        self, *worlds: World, broken: Iterable[str] = (), **quirks: Any
    ) -> None:
        self.worlds: Sequence[World] = worlds
        self.quirks = Quirks(**quirks)
        self.phase = 0
        self.break_down(*broken)
        self.requests: list[Request] = []
        # Faults of this server: a test must not take them for the vendor's.
        self.mistakes: list[Exception] = []
        self.before_answer: list[Callable[[str], None]] = []
        self._routes: list[tuple[str, re.Pattern[str], Handler]] = []
        self.prepare()

    # What a vendor says about itself

    @abstractmethod
    def prepare(self) -> None:
        """Add the routes."""

    @abstractmethod
    def is_allowed(self, request: Request) -> bool:
        """Whether the request carries the key of the world."""

    @abstractmethod
    def error(self, status: int, sentence: str) -> Answer:
        """An error in the vendor's own shape."""

    @property
    def projects(self) -> list[str]:
        """The projects to name when connecting: of a vendor that lists none."""
        return []

    @property
    def settings(self) -> dict[str, str]:
        """What else a connection is told."""
        return {}

    # What happens over time

    @property
    def world(self) -> World:
        return self.worlds[min(self.phase, len(self.worlds) - 1)]

    def next_phase(self) -> None:
        assert self.phase + 1 < len(self.worlds), "the vendor has no later phase"
        self.phase += 1

    def hide(self, run: str) -> None:
        """No list shows this run any more."""
        hidden = self.quirks.unlisted | {run}
        self.quirks = replace(self.quirks, unlisted=hidden)

    def state(self, total: Any) -> None:
        """What lists of runs say that their length is; UNTOLD: not a word."""
        self.quirks = replace(self.quirks, total=(total,))

    def break_down(self, *requests: str) -> None:
        """From now on these requests are answered with 500, and no others."""
        self.answer_instead(self.error(500, "Server Error"), *requests)

    def answer_instead(self, answer: Answer, *requests: str) -> None:
        """From now on these requests are answered so, and no others."""
        self.instead = answer
        self.broken = [re.compile(one) for one in requests]

    def is_broken(self, request: Request) -> bool:
        line = asked_line(request)
        return any(one.search(line) for one in self.broken)

    def counted(self) -> int:
        """The requests since this was asked last."""
        count = len(self.requests)
        self.requests.clear()
        return count

    # Answering

    def route(self, method: str, pattern: str, handler: Handler) -> None:
        """`{name}` in the pattern is one part of a path, given to the handler."""
        regex = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", pattern)
        self._routes.append((method, re.compile(regex), handler))

    def answer(self, seen: Request) -> Answer:
        self.requests.append(seen)
        for act in self.before_answer:
            act(asked_line(seen))
        if self.is_broken(seen):
            return self.instead
        try:
            return self._routed(seen)
        except Refused as refused:
            return self.error(refused.status, refused.sentence)
        except Exception as mistake:
            self.mistakes.append(mistake)
            raise

    def page(
        self, request: Request, rows: Iterable[Row], size: int, key: str = ""
    ) -> Page:
        """The page that is asked for; `key` is the field that rows are sorted by."""
        quirks, number = self.quirks, whole(request, "page", 1)
        listed = [row for row in rows if str(row.get("id")) not in quirks.unlisted]
        if quirks.repeats:
            number = 1
        if quirks.shuffles and key and number % 2 == 0:
            listed = turned(listed, key)
        size = min(size, quirks.per_page or size)
        start, count = (number - 1) * size, len(listed)
        shown = listed[start : start + size]
        stated = {"page": len(shown), "size": min(size, count), None: count}
        total: Any = count
        if isinstance(quirks.total, str | None):
            total = stated[quirks.total]
        elif request.path.endswith(self.list_of_runs):
            total = quirks.total[0] if isinstance(quirks.total, tuple) else quirks.total
        return Page(shown, number, size, total, -(-count // size))

    def _routed(self, seen: Request) -> Answer:
        handlers = self._handlers(seen.path)
        if not handlers:
            raise Refused(404, "Not found")
        if seen.method not in handlers:
            raise Refused(405, "Method not allowed")
        handler, parts = handlers[seen.method]
        if not self.is_allowed(seen):
            return self.error(401, "Unauthorized")
        return handler(seen, **parts)

    def _handlers(self, path: str) -> dict[str, tuple[Handler, dict[str, str]]]:
        found = {}
        for method, pattern, handler in self._routes:
            if (match := pattern.fullmatch(path)) and method not in found:
                parts = {k: unquote(v) for k, v in match.groupdict().items()}
                found[method] = (handler, parts)
        return found


def asked_line(request: Request) -> str:
    """ "METHOD /path?name=value": what `broken` is looked for in."""
    query = "&".join(f"{name}={value}" for name, value in request.query)
    return f"{request.method} {request.path}" + (f"?{query}" if query else "")


def parameter(request: Request, name: str, default: str = "") -> str:
    """The last value of a query parameter."""
    return dict(request.query).get(name, default)


def words(request: Request, name: str) -> list[str]:
    """A comma-separated parameter as its parts."""
    return [part for part in parameter(request, name).split(",") if part]


def whole(request: Request, name: str, default: int) -> int:
    """A parameter that must be a whole number above 0."""
    text = parameter(request, name, str(default))
    if not text.isdecimal() or int(text) < 1:
        raise Refused(422, f"The {name} field must be at least 1.")
    return int(text)


def turned(rows: Sequence[Row], key: str) -> list[Row]:
    """The rows in their order, but those of equal `key` the other way round."""
    groups = [[*group] for _, group in groupby(rows, key=lambda row: row.get(key))]
    return [row for group in groups for row in reversed(group)]


def one(rows: Iterable[Row], wanted: str, key: str = "id") -> Row:
    """The row of this id, or a 404."""
    for row in rows:
        if str(row[key]) == wanted:
            return row
    raise Refused(404, "Not found")


def told(answer: Row) -> Row:
    """The answer without what the vendor does not say."""
    return {name: value for name, value in answer.items() if value is not UNTOLD}


def json_answer(body: Any, status: int = 200, **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(path="", body=body, status=status, headers=named)
