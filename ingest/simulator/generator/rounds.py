"""Acceptance by hand: rounds of some weeks in which people go through all their cases."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate
from random import Random

from ingest.simulator.generator import messages
from ingest.simulator.generator.cases import Life
from ingest.simulator.generator.products import Product, Rounds
from ingest.simulator.generator.results import Attempt
from ingest.simulator.world import SimCase, SimMilestone

SOURCE = "acceptance"
PERIOD_DAYS = 28
# So many days before the world's moment its newest round began, and something was added.
RUNNING_DAYS, ADDED_AFTER_DAYS = 17, 12
LATE_EVERY = 3
# Every n-th case is one that came in late, in the rounds that have such.
ADDED_STEP = 5
FAILS, IS_BLOCKED = 0.09, 0.03
CARRIED_OVER = "Carried over from the last round: to be tested again."
DAY = timedelta(days=1)
HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class Sheet:
    """A run to be: at its start all of its cases wait to be tested again."""

    key: str
    name: str
    started_at: datetime
    attempts: Sequence[Attempt]

    @property
    def finished_at(self) -> datetime:
        last = self.attempts[-1]
        end_ms = last.offset_ms + last.duration_ms + HOUR_MS
        return self.started_at + timedelta(milliseconds=end_ms)


@dataclass(frozen=True, slots=True)
class Round:
    milestone: SimMilestone
    sheets: Sequence[Sheet]


def rounds(
    product: Product,
    number: int,
    lives: Sequence[Life],
    begin: datetime,
    days: int,
    now: datetime,
    rng_of: Callable[..., Random],
) -> Iterator[Round]:
    """A round every four weeks, the newest before the end of `days` in its middle.

    Those that begin after `now` are there too, as far as `days` and the time since go.
    """
    if product.rounds is None:
        return
    first, present = (days - RUNNING_DAYS) % PERIOD_DAYS, (days - RUNNING_DAYS)
    for index in range(((now - begin).days + PERIOD_DAYS) // PERIOD_DAYS):
        starts_at = begin + (first + index * PERIOD_DAYS) * DAY
        is_late = (present // PERIOD_DAYS - index) % LATE_EVERY == 0
        # Of the release that comes next.
        release = f"{product.version}.{index + 1}"
        sheets = _sheets(
            product.rounds, release, lives, starts_at, is_late, rng_of(SOURCE, index)
        )
        yield _round(product.rounds, number, index, release, starts_at, sheets, now)


def _round(
    plan: Rounds,
    number: int,
    index: int,
    release: str,
    starts_at: datetime,
    sheets: Sequence[Sheet],
    now: datetime,
) -> Round:
    done = max((s.finished_at for s in sheets), default=starts_at) + timedelta(hours=1)
    milestone = SimMilestone(
        number * 1000 + 500 + index,
        f"Acceptance {release}",
        starts_at,
        starts_at + plan.due_days * DAY,
        done if done <= now else None,
    )
    return Round(milestone, sheets)


def _sheets(
    plan: Rounds,
    release: str,
    lives: Sequence[Life],
    starts_at: datetime,
    is_late: bool,
    rng: Random,
) -> list[Sheet]:
    cases = [life.case for life in lives if life.born <= starts_at < life.retired]
    working_days = round(plan.working_days * rng.uniform(0.85, 1.15))
    parts = [(f"Acceptance {release}", starts_at, cases, working_days)]
    if is_late and plan.adds_late:
        late = cases[ADDED_STEP - 1 :: ADDED_STEP]
        in_time = [case for case in cases if case not in late]
        after = starts_at + ADDED_AFTER_DAYS * DAY
        parts = [(f"Acceptance {release}", starts_at, in_time, working_days)]
        parts.append((f"Late additions {release}", after, late, working_days // 2))
    return [
        _sheet(f"{starts_at.date()}/{order}", name, _worked(at), chosen, within, rng)
        for order, (name, at, chosen, within) in enumerate(parts)
        if chosen
    ]


def _sheet(
    key: str,
    name: str,
    day: datetime,
    cases: Sequence[SimCase],
    working_days: int,
    rng: Random,
) -> Sheet:
    started_at = day + timedelta(hours=8, minutes=30)
    attempts = [
        Attempt(1000 + 40 * order, case, "retest", 1, 0, 0, CARRIED_OVER)
        for order, case in enumerate(cases)
    ]
    by_day: dict[int, list[Attempt]] = defaultdict(list)
    for case, first in zip(cases, _slices(len(cases), working_days, rng), strict=True):
        for after, attempt in _tried(case, first, rng):
            by_day[after].append(attempt)
    worked = day
    for after in range(max(by_day) + 1):
        opens_ms = (worked - day) // timedelta(milliseconds=1) + HOUR_MS // 2
        _put_into_day(by_day[after], opens_ms, rng)
        attempts += by_day[after]
        worked = _worked(worked + DAY)
    return Sheet(key, name, started_at, attempts)


def _slices(cases: int, working_days: int, rng: Random) -> list[int]:
    """On which working day, from 0, each case is tested first; some days bring more."""
    shares = list(accumulate(rng.lognormvariate(0, 0.3) for _ in range(working_days)))
    ends = [share / shares[-1] * cases for share in shares]
    return [sum(end <= case for end in ends[:-1]) for case in range(cases)]


def _tried(case: SimCase, first: int, rng: Random) -> Iterator[tuple[int, Attempt]]:
    """Its executions, each with its working day: again some days later until it passes."""
    after, attempt, draw = first, 2, rng.random()
    while draw < FAILS + IS_BLOCKED:
        outcome = "failed" if draw < FAILS else "blocked"
        said = rng.choice(messages.MANUAL) if outcome == "failed" else messages.WAITING
        yield after, Attempt(0, case, outcome, attempt, 0, case.typical_ms, said)
        after, attempt, draw = after + rng.randint(1, 4), attempt + 1, rng.random()
    yield after, Attempt(0, case, "passed", attempt, 0, case.typical_ms, "")


def _put_into_day(attempts: Sequence[Attempt], opens_ms: int, rng: Random) -> None:
    """One after the other over seven hours; times count from the start of the sheet."""
    pause_ms = 7 * HOUR_MS // (len(attempts) + 1)
    for order, attempt in enumerate(attempts):
        attempt.offset_ms = opens_ms + round(pause_ms * (order + rng.random()))


def _worked(day: datetime) -> datetime:
    """The day itself, or the Monday after a weekend."""
    return day + ((7 - day.weekday()) % 7 if day.weekday() >= 5 else 0) * DAY
