"""The numbers that a page prints, their doors, and the count that stands behind a door."""

from __future__ import annotations

import re
import urllib.error
import urllib.request
from collections.abc import Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property

from tests.browser.sites import Site
from tests.dashboard.number_links import Number, numbers, rows_of, whole, without_rows

PAGE_SIZE = 50
AT_ONCE = 4
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
# Where the rows are others' than the number's: what the page says of their sum.
SUMS = {
    "results_read": re.compile(r"([\d,]+) results? read"),
    "results_written": re.compile(r"([\d,]+) written<"),
    "unknown": COUNT,
}


class Page:
    """A page as it came. Most are only asked how many rows they hold."""

    def __init__(self, html: str) -> None:
        self.html = html

    @cached_property
    def numbers(self) -> list[Number]:
        return numbers(self.html)


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

    def _read_ahead(self, numbers: Iterable[Number]) -> None:
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
        self, numbers: Collection[Number], *, rows_alone: bool = False
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


def doors(page: Page) -> list[Number]:
    """Of each metric and each kind of list the last door: what makes it makes the
    others.
    """
    found = [number for number in page.numbers if number.href]
    return list({(n.metric, re.split(r"[\d?]", n.href)[0]): n for n in found}.values())


def without_door(page: Page) -> list[Number]:
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


def counted(target: Page, number: Number, rows_alone: bool = False) -> int:
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
    if not pattern and rows_of(target.html) != min(count, PAGE_SIZE):
        return -1
    return count + (0 if rows_alone else without_rows(target.html)[0])
