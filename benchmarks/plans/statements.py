"""Statements watched as pages ask them, those alike together."""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

_LIST = re.compile(r"\(%s(, %s)+\)")

Wrapper = Callable[..., Any]


class Call(NamedTuple):
    """One of them: the `number`th like it that its page asked, from 0."""

    took_ms: float
    path: str
    number: int


@dataclass(slots=True)
class Statement:
    """All calls of one form of statement."""

    sql: str
    # The quickest of each that was seen, by page and number.
    calls: dict[tuple[str, int], Call] = field(default_factory=dict)
    plan: dict[str, Any] = field(default_factory=dict)

    @property
    def total_ms(self) -> float:
        return sum(call.took_ms for call in self.calls.values())

    @property
    def slowest(self) -> Call:
        return max(self.calls.values())

    def add(self, call: Call) -> None:
        place = call.path, call.number
        self.calls[place] = min(call, self.calls.get(place, call))


class Watched:
    """Times every statement; of those that a page asks again the quickest counts, so that
    what else the machine does counts less.
    """

    def __init__(self) -> None:
        self.statements: dict[str, Statement] = {}
        self._path = ""
        self._numbers: Counter[str] = Counter()

    @property
    def total_ms(self) -> float:
        return sum(one.total_ms for one in self.statements.values())

    @property
    def count(self) -> int:
        return sum(len(one.calls) for one in self.statements.values())

    def begin(self, path: str) -> None:
        self._path = path
        self._numbers.clear()

    def heaviest(self, number: int) -> list[Statement]:
        """By all of their time together."""
        found = sorted(self.statements.values(), key=lambda one: -one.total_ms)
        return found[:number]

    def __call__(
        self, execute: Wrapper, sql: Any, params: Any, many: bool, context: Any
    ) -> Any:
        begun = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            took_ms = 1000 * (time.perf_counter() - begun)
            form = form_of(sql)
            statement = self.statements.setdefault(form, Statement(str(sql)))
            number = self._numbers[form]
            self._numbers[form] += 1
            statement.add(Call(took_ms, self._path, number))


class Explained:
    """Asks for the plan of the slowest call of a statement, when its page asks it."""

    def __init__(self, statement: Statement) -> None:
        self.plan: dict[str, Any] = {}
        self._form = form_of(statement.sql)
        self._left = statement.slowest.number

    def __call__(
        self, execute: Wrapper, sql: Any, params: Any, many: bool, context: Any
    ) -> Any:
        if form_of(sql) == self._form:
            if not self._left:
                self.plan = _explained(sql, params, context["connection"])
            self._left -= 1
        return execute(sql, params, many, context)


def _explained(sql: str, params: Any, connection: Any) -> dict[str, Any]:
    # A cursor of the driver's own: that of a page may be of rows that come in parts.
    with connection.connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}", params)
        (told,) = cursor.fetchone()
    found = json.loads(told) if isinstance(told, str) else told
    plan: dict[str, Any] = found[0]
    return plan


def form_of(sql: Any) -> str:
    """The statement without the lengths of its lists of values."""
    return _LIST.sub("(%s, …)", str(sql))


@contextmanager
def watching(by: Wrapper) -> Iterator[None]:
    """As the last wrapper, so that the settings of the transaction are in force."""
    from django.db import connection

    with connection.execute_wrapper(by):
        yield
