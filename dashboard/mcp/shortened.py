"""Answers of a size that can be read, and what was cut of them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from dashboard.mcp.errors import CannotAnswerError
from dashboard.ui.text import numbers

MOST_LETTERS = 100_000
# Of series the newest points are kept, of all else what comes first.
_IN_ORDER_OF_TIME = frozenset({"points", "burn_up"})
# Its length is chosen by `limit`, and `next_cursor` leads on.
_PAGED, _LEADS_ON = "results", "next_cursor"
# A part of an address leads nowhere.
_WHOLE = frozenset({"page", "url", "vendor_url", "explain", "definition", _LEADS_ON})


@dataclass(frozen=True, slots=True)
class Bounds:
    """Letters of a text, items of a list within a row, rows of a list that has no pages."""

    letters: int
    items: int
    rows: int


OF_A_LIST = (Bounds(600, 25, 200), Bounds(200, 10, 80), Bounds(80, 4, 30))
OF_ONE_OBJECT = (Bounds(16_000, 200, 200), *OF_A_LIST)


def shortened(answer: dict[str, Any], levels: tuple[Bounds, ...]) -> str:
    """The answer as JSON, which says in `cut` what is missing of it."""
    for bounds in levels:
        cut = _Cut(bounds, has_pages=_LEADS_ON in answer)
        short = {name: cut.part(name, value) for name, value in answer.items()}
        text = _json(short | ({"cut": cut.said()} if cut.happened else {}))
        if len(text) <= MOST_LETTERS:
            return text
    raise CannotAnswerError("The answer is too long. Ask for fewer rows by `limit`.")


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


class _Cut:
    """Cuts what is beyond the bounds, and counts it."""

    def __init__(self, bounds: Bounds, *, has_pages: bool) -> None:
        self._bounds, self._has_pages = bounds, has_pages
        self._texts = self._lists = 0

    @property
    def happened(self) -> bool:
        return bool(self._texts or self._lists)

    def said(self) -> str:
        parts = []
        if self._texts:
            texts = numbers.plural(self._texts, "text")
            parts.append(f"{texts} to {self._bounds.letters} letters, ending with …")
        if self._lists:
            parts.append(f"{numbers.plural(self._lists, 'list')} to fewer items")
        return "; ".join(parts) + ". The page has all of it."

    def part(self, name: str, value: Any, depth: int = 0) -> Any:
        if isinstance(value, str):
            return value if name in _WHOLE else self._text(value)
        if isinstance(value, dict):
            return {key: self.part(key, item, depth + 1) for key, item in value.items()}
        if isinstance(value, list):
            return [
                self.part(name, item, depth + 1)
                for item in self._list(name, value, depth)
            ]
        return value

    def _text(self, text: str) -> str:
        if len(text) <= self._bounds.letters:
            return text
        self._texts += 1
        return f"{text[: self._bounds.letters]}…"

    def _list(self, name: str, items: list[Any], depth: int) -> list[Any]:
        if name == _PAGED and not depth and self._has_pages:
            return items
        is_series = name in _IN_ORDER_OF_TIME
        most = self._bounds.rows if is_series or depth <= 1 else self._bounds.items
        if len(items) <= most:
            return items
        self._lists += 1
        return items[-most:] if is_series else items[:most]
