"""When things happen in a product's year: milestones, branches, outages, run times."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from random import Random

from ingest.simulator.generator.products import Product, Suite
from ingest.simulator.world import SimMilestone

WEEKDAY_WEIGHTS = (1.28, 1.32, 1.30, 1.28, 1.22, 0.35, 0.25)
RELEASE_DAYS = 28
FUTURE_RELEASES = 2
YEAR_OF_RUNS = 1500
TOPICS = (
    "faster-search",
    "dark-mode",
    "new-date-picker",
    "bulk-edit",
    "audit-log",
    "two-factor",
    "offline-drafts",
    "currency-rounding",
    "shorter-forms",
)


def milestones(
    product: Product, number: int, begin: datetime, days: int, now: datetime
) -> list[SimMilestone]:
    """A release every four weeks: past ones, the current one and two to come.

    Every third product is late: its newest due release is not completed.
    """
    releases: list[SimMilestone] = []
    for index in range(days // RELEASE_DAYS + 1 + FUTURE_RELEASES):
        starts = begin + timedelta(days=index * RELEASE_DAYS)
        due = starts + timedelta(days=RELEASE_DAYS - 3)
        late = number % 3 == 0 and due <= now < due + timedelta(days=RELEASE_DAYS)
        completed = due + timedelta(days=(0, 0, 2, 5)[index % 4], hours=4)
        name = f"{product.version}.{index}"
        tag = f"release-{name}" if product.vendor == "testmo" else ""
        done = completed if completed <= now and not late else None
        releases.append(
            SimMilestone(
                number * 1000 + index, f"Release {name}", starts, due, done, tag
            )
        )
    return releases


def milestone_at(
    releases: Sequence[SimMilestone], begin: datetime, at: datetime
) -> SimMilestone:
    index = max(0, (at - begin).days // RELEASE_DAYS)
    return releases[min(index, len(releases) - 1)]


def branch_at(product: Product, at: datetime, release: str, rng: Random) -> str:
    """main mostly, else the release or one of two feature branches of that week."""
    draw = rng.random()
    if draw < 0.62:
        return "main"
    if draw < 0.70:
        return "release/" + release.removeprefix("Release ")
    week = at.toordinal() // 6
    ticket = 100 + 7 * (week % 4000) % 1900 + rng.randint(0, 1)
    return f"feature/{product.ticket}-{ticket}-{TOPICS[ticket % len(TOPICS)]}"


def commit_at(product: Product, branch: str, at: datetime) -> str:
    """A branch moves about three times a day, so that some runs share a commit."""
    moved = f"{product.name}/{branch}/{int(at.timestamp()) // 28_800}"
    return hashlib.sha1(moved.encode(), usedforsecurity=False).hexdigest()


def outage_days(product: Product, begin: datetime, days: int) -> list[datetime]:
    """Midnights of the working days on which the product's environment is down."""
    found: list[datetime] = []
    for fraction in product.outages:
        day = begin + timedelta(days=int(days * fraction))
        weekend = max(0, day.weekday() - 4)
        found.append(day - timedelta(days=weekend))
    return found


def is_outage(outages: Sequence[datetime], at: datetime) -> bool:
    """An outage lasts from 06:00 to 20:00."""
    return any(timedelta(hours=6) <= at - day < timedelta(hours=20) for day in outages)


def starts_on(
    suite: Suite, day: datetime, runs: int, days: int, rng: Random
) -> list[datetime]:
    """When the suite starts on that day: at night, or while people work."""
    expected = suite.runs * runs / YEAR_OF_RUNS / days * WEEKDAY_WEIGHTS[day.weekday()]
    count = int(expected) + (rng.random() < expected % 1)
    return sorted(_start(suite, day, rng) for _ in range(count))


def _start(suite: Suite, day: datetime, rng: Random) -> datetime:
    if suite.kind == "manual" or rng.random() < 0.65:
        hour = min(19.0, max(7.5, rng.gauss(13, 2.6)))
    else:
        hour = 1.5 + 2 * rng.random()
    midnight = datetime.combine(day.date(), time(), tzinfo=day.tzinfo)
    return midnight + timedelta(milliseconds=int(hour * 3_600_000))
