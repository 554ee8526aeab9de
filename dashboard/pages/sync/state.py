"""What the addresses of the sync page and of the lists behind it say."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http import QueryDict

from dashboard.filters.parameters import (
    Parameter,
    number,
    one_of,
    read_parameters,
    window_days,
)
from dashboard.ui.url_state import THEME
from dashboard.ui.url_state import address as page_address

SYNC, HISTORY, REJECTS, UNKNOWN = (
    "/sync/",
    "/sync/history/",
    "/sync/rejects/",
    "/sync/unknown/",
)
DAY = timedelta(days=1)
# The window of all figures here, written as in every other address.
WINDOW = "1d"
PAGE_SIZE = 50
LONGEST_TEXT = 500


def address(path: str, **values: Any) -> str:
    """`path` with the values that are set, in the order of their naming."""
    pairs = [(name, str(value)) for name, value in values.items()]
    return page_address(path, [pair for pair in pairs if pair[1] not in ("", "None")])


class Query:
    """Reads a query string one name at a time; `problems` say what was left out."""

    def __init__(self, query: QueryDict) -> None:
        self._query = query
        self._known = {THEME}
        self.problems: list[str] = []

    def number(self, name: str) -> int | None:
        """An id or a page, None when absent or no number."""
        found: int | None = self._read(Parameter(name, number, None))
        return found

    def text(self, name: str) -> str:
        return str(self._read(Parameter(name, _not_too_long)))

    def texts(self, name: str) -> set[str]:
        """All values of a parameter that may be repeated."""
        self._known.add(name)
        return set(self._query.getlist(name))

    def word(self, name: str, *words: str) -> str:
        """One of `words`, "" when absent or another."""
        return str(self._read(Parameter(name, one_of(words))))

    def days(self, name: str = "window") -> int | None:
        """The days of "30d", None when absent."""
        found: int | None = self._read(Parameter(name, window_days, None))
        return found

    def finish(self) -> tuple[str, ...]:
        """Sentences on all that was not understood."""
        for name in self._query:
            if name not in self._known:
                self._refuse(name[:60], "There is no parameter of this name here.")
        return tuple(self.problems)

    def _read(self, parameter: Parameter) -> Any:
        self._known.add(parameter.name)
        values, problems = read_parameters(self._query, (parameter,))
        for problem in problems:
            self._refuse(problem.name, problem.sentence)
        return values[parameter.name]

    def _refuse(self, name: str, sentence: str) -> None:
        self.problems.append(f"{name} was left out. {sentence}")


def _not_too_long(text: str) -> str:
    if len(text) <= LONGEST_TEXT:
        return text
    raise ValueError("It is too long.")
