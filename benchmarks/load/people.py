"""People in front of browsers: each opens pages that the last one leads to, and thinks."""

from __future__ import annotations

import http.client
import random
import re
import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field

# Of what people read, a stand-up or a list of failures: the median, and how it scatters
# (a lognormal distribution): two of three look for between 3 and 18 s, the mean is 11 s.
MEDIAN_THINK_S, SCATTER = 7.5, 0.9
LONGEST_THINK_S = 60.0
# How often each of the pages in the sidebar is chosen, where no link is followed.
DOORS = {
    "/": 6,
    "/standup/": 3,
    "/runs/": 4,
    "/failures/": 4,
    "/flaky/": 4,
    "/cases/": 2,
    "/milestones/": 2,
    "/sync/": 1,
    "/?window=90d": 2,
    "/flaky/?window=90d": 1,
    "/failures/?window=90d": 1,
}
# What they go on to from there: a row, or a number and the rows behind it.
LINK = re.compile(
    r'href="(/(?:runs|cases|results|milestones|projects|failures|flaky)/[^"#]*)"'
)
FOLLOWS = 0.6


@dataclass(slots=True)
class Seen:
    """By kind of page, how long each answer took (s); and what was no page."""

    took_s: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: list[str] = field(default_factory=list)


def read(port: int, people: int, seconds: float, seed: int) -> Seen:
    """So many at once for so long."""
    seen, end = Seen(), time.monotonic() + seconds
    threads = [
        threading.Thread(
            target=_person, args=[port, end, random.Random(seed + n), seen]
        )
        for n in range(people)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return seen


def _person(port: int, end: float, dice: random.Random, seen: Seen) -> None:
    browser = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    page, links = "/", list[str]()
    # They do not all begin in the same second.
    time.sleep(dice.uniform(0, MEDIAN_THINK_S * 2))
    while time.monotonic() < end:
        begun = time.perf_counter()
        try:
            status, text = _opened(browser, page)
        except (OSError, http.client.HTTPException) as error:
            seen.errors.append(f"{page}: {error!r}")
            browser.close()
        else:
            seen.took_s[_kind(page)].append(time.perf_counter() - begun)
            if status != 200:
                seen.errors.append(f"{page}: {status}")
            links = [link.replace("&amp;", "&") for link in LINK.findall(text)]
        is_followed = links and dice.random() < FOLLOWS
        page = dice.choice(links) if is_followed else _door(dice)
        thought = dice.lognormvariate(0, SCATTER) * MEDIAN_THINK_S
        time.sleep(max(0.0, min(thought, LONGEST_THINK_S, end - time.monotonic())))


def _opened(browser: http.client.HTTPConnection, page: str) -> tuple[int, str]:
    """Over the connection of the last page; where the server has given that up, over
    another, as every browser does.
    """
    for is_kept in (browser.sock is not None, False):
        try:
            browser.request("GET", page, headers={"Accept": "text/html"})
            answer = browser.getresponse()
        except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
            browser.close()
            if not is_kept:
                raise
        else:
            return answer.status, answer.read().decode()
    raise RuntimeError("not reached")


def _door(dice: random.Random) -> str:
    return dice.choices([*DOORS], [*DOORS.values()])[0]


def _kind(page: str) -> str:
    """The page without what is asked of it."""
    return re.sub(r"/\d+/", "/ID/", page.partition("?")[0])
