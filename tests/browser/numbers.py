"""The numbers that a page prints, their doors, and the count that stands behind a door."""

from __future__ import annotations

import re
import urllib.error
import urllib.request
from collections.abc import Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from html.parser import HTMLParser

from tests.browser.sites import Site

VOID = frozenset(
    ["meta", "link", "input", "img", "br", "hr", "col", "path", "rect", "circle"]
)
PAGE_SIZE = 50
AT_ONCE = 4
# Of these the title says how many rows they are made of.
MADE_OF_ROWS = (
    "median_run_ms",
    "p50_ms",
    "pass_rate",
    "plan_pass_rate",
    "time_lost_ms",
)
# Figures that no list of rows can hold: rates, scores, durations, tests of a chance.
FIGURES = frozenset(
    [
        "difference",
        "flake_rate",
        "duration_ms",
        "flaky_upper_bound",
        "flip_rate",
        "mcnemar_p",
        "opinion",
        "p50_ms",
        "p95_ms",
        "pass_rate",
        "plan_pass_rate",
        "completion",
        "rate",
        "share",
        "time_lost_ms",
    ]
)
# Counts of tests that no list can be narrowed to: those that the rules of other systems
# call flaky, and all that these rules judge.
WITHOUT_LIST = re.compile(r"flaky_(?!new|worse|settled)\w+|judged")
# What a list says of its whole length, and of what else it counts.
COUNT = re.compile(r"data-count>([\d,]+)<")
OF_A_RUN = re.compile(
    r'id="results".*?class="sub num">([\d,]+)(?: attempts?)? of ', re.DOTALL
)
WITHOUT = re.compile(r"and ([\d,]+)(?: failures?)? in [\d,]+ runs? without rows")
# Where the rows are others' than the number's: what the page says of their sum.
SUMS = {
    "results_read": re.compile(r"([\d,]+) results? read"),
    "results_written": re.compile(r"([\d,]+) written<"),
    "unknown": COUNT,
}


@dataclass(frozen=True)
class Printed:
    """A number as a page prints it; `value` is None where it is unknown, `href` the
    link around it, "" where there is none.
    """

    metric: str
    value: float | None
    href: str
    title: str
    text: str = ""

    @property
    def rows(self) -> int:
        """How many rows it promises: a rate those that it is the rate of."""
        if self.metric in MADE_OF_ROWS:
            of = re.search(r"of ([\d,]+) ", self.title)
            assert of, f"{self} does not say of what"
            return whole(of[1])
        assert self.value is not None, f"{self} is unknown, and a door"
        return round(self.value)


@dataclass
class _Open:
    tag: str
    given: dict[str, str | None]
    text: list[str] = field(default_factory=list)


class _Numbers(HTMLParser):
    """`found` are the numbers of a page in their order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[Printed] = []
        self._open: list[_Open] = []
        self.feed(html)

    def handle_starttag(
        self, tag: str, attrs: Sequence[tuple[str, str | None]]
    ) -> None:
        if tag not in VOID:
            self._open.append(_Open(tag, dict(attrs)))

    def handle_startendtag(self, tag: str, attrs: object) -> None:
        """A mark's shape: it holds nothing."""

    def handle_data(self, data: str) -> None:
        for one in self._open:
            if "data-metric" in one.given:
                one.text.append(data)

    def handle_endtag(self, tag: str) -> None:
        while tag not in VOID and self._open:
            ended = self._open.pop()
            if "data-metric" in ended.given:
                self.found.append(self._printed(ended))
            if ended.tag == tag:
                return

    def _printed(self, ended: _Open) -> Printed:
        around = [*self._open, ended]
        link = next((one.given for one in around if one.tag == "a"), {})
        value, href = ended.given["data-value"], link.get("href") or ""
        return Printed(
            metric=ended.given["data-metric"] or "",
            value=float(value) if value else None,
            href="" if href.startswith("#") else href,
            title=ended.given.get("title") or link.get("title") or "",
            text="".join(ended.text).strip(),
        )


class Page:
    """A page as it came. Most are only asked how many rows they hold."""

    def __init__(self, html: str) -> None:
        self.html = html

    @cached_property
    def numbers(self) -> list[Printed]:
        return _Numbers(self.html).found

    @property
    def rows(self) -> int:
        """Those of the page's list, of which none stands in a script."""
        return len(re.findall(r"<(?:tr|li) data-row>", self.html))


def whole(text: str) -> int:
    return int(text.replace(",", ""))


class Reader:
    """Reads pages of a site as a person who is logged in, each address once."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._read: dict[str, Page] = {}

    def page(self, address: str) -> Page:
        path = address.partition("#")[0]
        if path not in self._read:
            self._read[path] = Page(self._answer(path))
        return self._read[path]

    def _read_ahead(self, numbers: Iterable[Printed]) -> None:
        """Several at once, because the site answers several at once."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(self.page, {number.href for number in numbers}))

    def _answer(self, path: str) -> str:
        cookie = {"Cookie": f"sessionid={self._site.cookie}"}
        request = urllib.request.Request(self._site.url + path, headers=cookie)
        try:
            with urllib.request.urlopen(request, timeout=240) as answer:
                return str(answer.read().decode())
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{path} answers {error.code}") from error

    def untrue(
        self, numbers: Collection[Printed], *, rows_alone: bool = False
    ) -> list[str]:
        """What stands behind each door that does not hold what its number promises.

        A door counts what runs without rows tell as well, unless `rows_alone`.
        """
        self._read_ahead(numbers)
        return [
            f"{number.metric} {number.text} ({number.rows}) at {number.href}: {found}"
            for number in numbers
            if (found := counted(self.page(number.href), number, rows_alone))
            != number.rows
        ]


def doors(page: Page) -> list[Printed]:
    """Of each metric and each kind of list the last door: what makes it makes the
    others.
    """
    numbers = [number for number in page.numbers if number.href]
    return list(
        {(n.metric, re.split(r"[\d?]", n.href)[0]): n for n in numbers}.values()
    )


def without_door(page: Page) -> list[Printed]:
    """Numbers that stand for rows, and are no link to them."""
    return [
        number
        for number in page.numbers
        if not number.href
        and number.value
        and number.metric not in FIGURES
        and not WITHOUT_LIST.fullmatch(number.metric)
        # A run that has totals only says so.
        and "no rows" not in number.title
    ]


def counted(target: Page, number: Printed, rows_alone: bool = False) -> int:
    """The rows behind a door as the page there counts them; -1 where it counts nothing,
    or shows other rows than it says.
    """
    if number.href.startswith("/sync/?"):
        return len(re.findall(r'id="connection-\d+"', target.html))
    pattern = SUMS.get(number.metric) if "/sync/" in number.href else None
    found = (pattern or COUNT).search(target.html) or OF_A_RUN.search(target.html)
    if found is None:
        return -1
    count = whole(found[1])
    if not pattern and target.rows != min(count, PAGE_SIZE):
        return -1
    without = None if rows_alone else WITHOUT.search(target.html)
    return count + (whole(without[1]) if without else 0)
