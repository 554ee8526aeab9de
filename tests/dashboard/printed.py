"""Reads the parts of a printed page: numbers with and without doors, rows, forms."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any


@dataclass(frozen=True)
class LinkedNumber:
    """A number that is a link: `value` rows stand behind `href`."""

    metric: str
    value: float
    href: str
    text: str


class Printed(HTMLParser):
    """`doors` are linked numbers, `plain` those without a link, by their metric."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.doors: list[LinkedNumber] = []
        self.plain: dict[str, float] = {}
        self.tags: list[tuple[str, dict[str, Any]]] = []
        self.rows = 0
        self._open: dict[str, Any] | None = None
        self._text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        found = dict(attrs)
        self.tags.append((tag, found))
        self.rows += tag == "tr" and "data-row" in found
        if "data-metric" in found:
            if tag == "a":
                self._open, self._text = found, ""
            else:
                self.plain[found["data-metric"]] = float(found["data-value"] or 0)

    def handle_data(self, data: str) -> None:
        self._text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self._open is not None:
            found, self._open = self._open, None
            number = LinkedNumber(
                metric=found["data-metric"],
                value=float(found["data-value"]),
                href=found["href"],
                text=self._text,
            )
            self.doors.append(number)

    def door(self, metric: str) -> LinkedNumber:
        return next(door for door in self.doors if door.metric == metric)

    def forms(self) -> list[str]:
        """Where the forms of the page lead."""
        return [found.get("action", "") for tag, found in self.tags if tag == "form"]


def part(html: str, section: str) -> str:
    """The section with this id, to its end."""
    begins = html.index(f'id="{section}"')
    return html[begins : html.index("</section>", begins)]


def listed(html: str) -> int:
    """How many rows a list says that it holds."""
    found = re.search(r"data-count>([\d,]+)<", html)
    assert found is not None
    return int(found[1].replace(",", ""))
