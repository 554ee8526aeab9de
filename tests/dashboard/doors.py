"""Pages read back as a reader sees them: dotted numbers, their doors, rows behind them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html.parser import HTMLParser

from django.test import Client

VOID = frozenset(
    ["meta", "link", "input", "img", "br", "hr", "col", "path", "rect", "circle"]
)


@dataclass(frozen=True)
class Door:
    """A dotted number: `value` as in data-value, `href` where it leads."""

    metric: str
    value: float
    href: str
    title: str


class _Doors(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self._links: list[dict[str, str | None] | None] = []
        self.found: list[Door] = []
        self.rows = 0
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.rows += tag == "tr" and "data-row" in given
        if tag not in VOID:
            self._links.append(given if tag == "a" else None)
        classes = (given.get("class") or "").split()
        # Those of the sidebar are the same on each page.
        if "n" in classes and "cnt" not in classes and given.get("data-value"):
            link = next((a for a in reversed(self._links) if a is not None), None)
            assert link is not None, given
            self.found.append(
                Door(
                    metric=given["data-metric"] or "",
                    value=float(given["data-value"] or 0),
                    href=link["href"] or "",
                    title=given.get("title") or link.get("title") or "",
                )
            )

    def handle_endtag(self, tag):
        if tag not in VOID:
            self._links.pop()


def html_of(client: Client, path: str, **headers: str) -> str:
    response = client.get(path, headers=headers)
    assert response.status_code == 200, (path, response.status_code)
    return response.content.decode()


def doors(html: str) -> list[Door]:
    return _Doors(html).found


def rows_of(html: str) -> int:
    """The rows of a list's table on this page."""
    return _Doors(html).rows


def count_of(html: str) -> int:
    """What a list says of its whole length."""
    found = re.search(r"data-count>([\d,]+)<", html)
    assert found, "the page is no list"
    return int(found[1].replace(",", ""))


def without_rows(html: str) -> tuple[int, int]:
    """The results and runs of "and 1,240 in 3 runs without rows"; none is (0, 0)."""
    found = re.search(r"and ([\d,]+) in ([\d,]+) runs? without rows", html)
    if found is None:
        return 0, 0
    return int(found[1].replace(",", "")), int(found[2].replace(",", ""))
