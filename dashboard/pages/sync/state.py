"""What the addresses of the sync page and of the lists behind it say."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict

from dashboard.ids import id_of

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
LONGEST_WINDOW_DAYS = 36_500


def address(path: str, **values: Any) -> str:
    """`path` with the values that are set, in the order of their naming."""
    pairs = [(name, value) for name, value in values.items() if value not in ("", None)]
    return f"{path}?{urlencode(pairs)}" if pairs else path


class Query:
    """Reads a query string one name at a time; `problems` say what was left out."""

    def __init__(self, query: QueryDict) -> None:
        self._query = query
        self._known = {"theme"}
        self.problems: list[str] = []

    def number(self, name: str) -> int | None:
        """An id or a page, None when absent or no number."""
        text = self.text(name)
        if not text:
            return None
        if number := id_of(text):
            return number
        self._refuse(name, f"“{text[:60]}” is not a number.")
        return None

    def text(self, name: str) -> str:
        self._known.add(name)
        text = self._query.get(name, "")
        if "\0" not in text and len(text) <= LONGEST_TEXT:
            return text
        self._refuse(name, "It is too long or holds a NUL character.")
        return ""

    def texts(self, name: str) -> set[str]:
        """All values of a parameter that may be repeated."""
        self._known.add(name)
        return set(self._query.getlist(name))

    def word(self, name: str, *words: str) -> str:
        """One of `words`, "" when absent or another."""
        text = self.text(name)
        if text in ("", *words):
            return text
        self._refuse(name, f"“{text[:60]}” is none of {', '.join(words)}.")
        return ""

    def days(self, name: str = "window") -> int | None:
        """The days of "30d", None when absent."""
        text = self.text(name)
        if not text:
            return None
        digits = text.removesuffix("d")
        is_number = text != digits and digits.isascii() and digits.isdigit()
        is_short = len(digits) < 7
        if is_number and is_short and 0 < int(digits) <= LONGEST_WINDOW_DAYS:
            return int(digits)
        self._refuse(name, f"“{text[:60]}” is not a number of days such as 1d.")
        return None

    def finish(self) -> tuple[str, ...]:
        """Sentences on all that was not understood."""
        for name in self._query:
            if name not in self._known:
                self._refuse(name[:60], "There is no parameter of this name here.")
        return tuple(self.problems)

    def _refuse(self, name: str, sentence: str) -> None:
        self.problems.append(f"{name} was left out. {sentence}")
