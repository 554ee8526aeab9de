"""Pages read back as a reader sees them: numbers, the links around them, their rows."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.test import Client
from selectolax.lexbor import LexborHTMLParser, LexborNode

# Of these the title says how many rows they are made of.
MADE_OF_ROWS = (
    "median_run_ms",
    "p50_ms",
    "pass_rate",
    "passed_on_retry",
    "plan_pass_rate",
    "time_lost_ms",
)


@dataclass(frozen=True)
class Number:
    """A number as a page prints it; `value` is None where it is unknown, `href` the
    link around it, "" where there is none. Dotted is what says that it is a door.
    """

    metric: str
    value: float | None
    href: str
    title: str
    text: str
    is_dotted: bool

    @property
    def rows(self) -> int:
        """How many rows it promises: a rate those that it is the rate of."""
        if self.metric in MADE_OF_ROWS:
            of = re.search(r"of ([\d,]+) ", self.title)
            assert of, f"{self} does not say of what"
            return whole(of[1])
        assert self.value is not None, f"{self} is unknown, and a door"
        return round(self.value)


def whole(text: str) -> int:
    return int(text.replace(",", ""))


def numbers(html: str) -> list[Number]:
    """Every number of a page or a part of one, in their order."""
    return [_number(node) for node in LexborHTMLParser(html).css("[data-metric]")]


def _number(node: LexborNode) -> Number:
    link: LexborNode | None = node
    while link is not None and link.tag != "a":
        link = link.parent
    css = node.attrs.sget("class").split()
    assert link is not None or "n" not in css, node.html
    around = link.attrs if link is not None else {}
    value, href = node.attrs.sget("data-value"), around.get("href") or ""
    return Number(
        metric=node.attrs.sget("data-metric"),
        value=float(value) if value else None,
        href="" if href.startswith("#") else href,
        title=node.attrs.get("title") or around.get("title") or "",
        text=node.text().strip(),
        # Those of the sidebar are the same on each page.
        is_dotted="n" in css and "cnt" not in css,
    )


def doors(html: str) -> list[Number]:
    """The dotted numbers that are known."""
    found = [number for number in numbers(html) if number.is_dotted]
    return [number for number in found if number.value is not None]


def door_of(html: str, metric: str) -> Number:
    """The first door of this metric."""
    return next(door for door in doors(html) if door.metric == metric)


def html_of(client: Client, path: str, **headers: str) -> str:
    response = client.get(path, headers=headers)
    assert response.status_code == 200, (path, response.status_code)
    return response.content.decode()


def rows_of(html: str) -> int:
    """The rows of a list on this page, in a table or not; beside a tree those of the
    list alone.
    """
    page = LexborHTMLParser(html)
    part = page.css_first(".tree-and-tests #rows") or page
    return len(part.css("tr[data-row], li[data-row]"))


def count_of(html: str) -> int:
    """What a list says of its whole length."""
    found = LexborHTMLParser(html).css_first("[data-count]")
    assert found, "the page is no list"
    return whole(found.text())


def without_rows(html: str) -> tuple[int, int]:
    """The results and runs of "and 1,240 in 3 runs without rows"; none is (0, 0)."""
    words = r"and ([\d,]+)(?: failures?)? in ([\d,]+) runs? without rows"
    found = re.search(words, html)
    return (whole(found[1]), whole(found[2])) if found else (0, 0)


def part(html: str, section: str) -> str:
    """The section with this id, to its end."""
    begins = html.index(f'id="{section}"')
    return html[begins : html.index("</section>", begins)]


def words_of(html: str, between: str = "") -> str:
    """The text of a page or a part of one in a line, with `between` between elements."""
    return " ".join(LexborHTMLParser(html).text(separator=between).split())


def forms_in(html: str) -> list[str]:
    """Where the forms of a page lead."""
    return [form.attrs.sget("action") for form in LexborHTMLParser(html).css("form")]
