"""The test cases of a product, each with the life it leads through the year."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random

from ingest.simulator.generator import messages
from ingest.simulator.generator.products import Product, Suite
from ingest.simulator.world import SimCase

BEHAVIOURS = (
    "saves a new {0}",
    "rejects an empty {0}",
    "shows the {0} after a reload",
    "lists every {0} page by page",
    "sorts the {0} list by date",
    "finds a {0} by part of its name",
    "warns before deleting a {0}",
    "restores a deleted {0}",
    "exports the {0} as CSV",
    "imports a {0} from a spreadsheet",
    "keeps the {0} when the session expires",
    "refuses a {0} without permission",
    "logs who changed the {0}",
    "sends a mail when the {0} changes",
    "shows a {0} in the user's language",
    "handles two people editing one {0}",
    "opens a {0} by keyboard alone",
    "limits the {0} to 200 characters",
    "copies a {0} with all its details",
    "undoes the last change of a {0}",
    "shows the {0} on a narrow screen",
    "answers within a second for a large {0}",
    "hides an archived {0}",
    "links the {0} from the overview",
)
ODD_NAMES = (
    "🛒 adds an item with one tap 👍",
    "prüft die Größe des Müllers Übermaß-Kärtchens",
    "يعرض السعر بالعملة المحلية بعد تغيير اللغة",
    'escapes <script>alert("x")</script> & "quotes" in the name',
    "reads every column: " + "a very long header, repeated to its end; " * 7,
    "loads without errors",
)
LONG_NAME = 300
# Of so many tests one was never run.
NEVER_RUN_IN = 25
NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(slots=True)
class Life:
    """When a case exists, and when and how it does not pass.

    flaky: chance that an attempt fails for no reason. broken: (from, to, outcome,
    message). skipped: (from, to). slower_from: from then it takes 2.5 times as long.
    """

    case: SimCase
    born: datetime
    retired: datetime
    flaky: float = 0.0
    broken: list[tuple[datetime, datetime, str, str]] = field(default_factory=list)
    skipped: tuple[datetime, datetime] | None = None
    slower_from: datetime | None = None

    def is_plain(self) -> bool:
        """Nothing ever happens to it, so that a run need not ask."""
        return not (self.flaky or self.broken or self.skipped or self.slower_from)


def suite_lives(
    product: Product, suite: Suite, first: int, begin: datetime, days: int, rng: Random
) -> list[Life]:
    """The lives of a suite's cases, numbered from `first`."""
    titles = _titles(product, suite, rng)
    return [
        _life(number, folder, name, suite, begin, days, rng)
        for number, (folder, name) in enumerate(titles, first)
    ]


def never_run(product: Product, known: Sequence[SimCase], rng: Random) -> list[SimCase]:
    """Tests that somebody wrote down and that no run holds, numbered after the others."""
    taken = {(case.folder, case.name) for case in known}
    pairs = [
        (f"{suite.folder} / {area} / {thing.capitalize()}", _with_article(told))
        for suite in product.suites
        for area, things in product.areas.items()
        for thing in things
        for told in (behaviour.format(thing) for behaviour in BEHAVIOURS)
    ]
    left = sorted(set(pairs) - taken)
    chosen = rng.sample(left, min(len(left), max(3, len(known) // NEVER_RUN_IN)))
    return [
        SimCase(number, name, folder, typical_ms=5_000)
        for number, (folder, name) in enumerate(sorted(chosen), 1 + len(known))
    ]


def _titles(product: Product, suite: Suite, rng: Random) -> list[tuple[str, str]]:
    pairs = [
        (
            f"{suite.folder} / {area} / {thing.capitalize()}",
            _with_article(behaviour.format(thing)),
        )
        for area, things in product.areas.items()
        for thing in things
        for behaviour in BEHAVIOURS
    ]
    folder = f"{suite.folder} / Ränder & Sonderfälle"
    odd = [(folder, name[:LONG_NAME]) for name in ODD_NAMES]
    odd = odd if suite.kind == "automated" and suite.cases >= 100 else []
    chosen = rng.sample(pairs, min(len(pairs), suite.cases - len(odd)))
    return sorted(chosen) + odd


def _with_article(sentence: str) -> str:
    return re.sub(r"\ba ([aeiou])", r"an \1", sentence)


def _life(
    number: int,
    folder: str,
    name: str,
    suite: Suite,
    begin: datetime,
    days: int,
    rng: Random,
) -> Life:
    typical_ms = _typical_ms(suite, rng)
    life = Life(SimCase(number, name, folder, typical_ms), begin, NEVER)
    if rng.random() < 0.18:
        life.born = begin + timedelta(days=days * rng.random() * 0.97)
    if rng.random() < 0.05:
        life.retired = life.born + timedelta(days=days * (0.2 + 0.7 * rng.random()))
    _give_fate(life, begin, days, rng)
    return life


def _typical_ms(suite: Suite, rng: Random) -> int:
    median = {"API": 350, "Core": 120, "Backend": 400, "Services": 250}
    middle = 45_000 if suite.kind == "manual" else median.get(suite.folder, 5_500)
    return max(3, round(middle * rng.lognormvariate(0, 0.9)))


def _give_fate(life: Life, begin: datetime, days: int, rng: Random) -> None:
    # The fates reach beyond the year, so that a demo left running stays alive.
    horizon = days + 60
    if rng.random() < 0.045:
        life.flaky = rng.choice((0.03, 0.06, 0.12, 0.25, 0.4))
    breaks = rng.choices((0, 1, 2), (0.5, 0.34, 0.16))[0]
    for _ in range(breaks):
        start = begin + timedelta(days=horizon * rng.random())
        end = start + timedelta(days=rng.choice((0.5, 1, 2, 3, 5, 9, 16)))
        outcome = "error" if rng.random() < 0.15 else "failed"
        message = messages.lasting(life.case, rng)
        life.broken.append((start, end, outcome, message))
    if rng.random() < 0.03:
        start = begin + timedelta(days=horizon * rng.random())
        life.skipped = (start, start + timedelta(days=rng.randint(10, 120)))
    if rng.random() < 0.02:
        life.slower_from = begin + timedelta(days=days * (0.3 + 0.6 * rng.random()))
