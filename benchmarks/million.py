"""A year of made-up history, a million results by default, through the store path.

`python -m benchmarks.million FOLDER` keeps the database in FOLDER and measures it again
the next time; without a folder, as in `make bench`, it is a passing one.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

DAYS = 365
VENDORS = ("testmo", "testomatio", "testably", "qatech", "testifly")
# Cases of each project; a project runs them all the more often the fewer they are.
SIZES = (2400, 1600, 900, 600, 400, 250, 160, 80)
CONFIGURATIONS = ("Chrome", "Firefox", "Android")
MESSAGES = (
    "TimeoutError: frame[name='f-{n}'] did not attach within {n} ms\n  at pay.ts:{n}:7",
    "AssertionError: expected {n} to equal {m}",
    "net::ERR_CONNECTION_RESET at https://shop.example/cart/{n}",
    "NoSuchElement: #row-{n} of table 'orders'",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Habit:
    """How one case behaves: how often it fails by itself, and from when until when it is
    broken (days of the year).
    """

    fails: float
    broken_from: int
    broken_until: int

    def fails_on(self, day: int, dice: random.Random) -> bool:
        is_broken = self.broken_from <= day < self.broken_until
        return dice.random() < (0.97 if is_broken else self.fails)


def load(results: int = 1_000_000, sizes: Sequence[int] = SIZES) -> int:
    """Store about so many results, of a project for each number of cases; gives the exact
    number.
    """
    from django.db import transaction

    from ingest.models import Connection, Project
    from ingest.upsert import ProjectStore, upsert_milestones

    stored = 0
    for number, cases in enumerate(sizes):
        vendor = VENDORS[number % len(VENDORS)]
        connection, _ = Connection.objects.get_or_create(
            name=f"{vendor} of the year",
            defaults={"vendor": vendor, "base_url": "http://127.0.0.1:1"},
        )
        project = Project.objects.create(
            connection=connection, external_id=str(number), name=f"Product {number}"
        )
        upsert_milestones(project, _milestones())
        store = ProjectStore(project)
        for batch in runs(number, cases, results // len(sizes)):
            with transaction.atomic():
                store.store(batch)  # type: ignore[arg-type]
            stored += len(batch.results)  # type: ignore[attr-defined]
        store.cases.flush_times()
    Connection.objects.update(last_success_at=datetime.now(tz=UTC))
    return stored


def _milestones() -> list[object]:
    """One for each month of the year; the last one is open."""
    from ingest.contract import MilestoneRecord, MilestoneState

    now = datetime.now(tz=UTC).replace(microsecond=0)
    return [
        MilestoneRecord(
            external_id=str(month),
            name=f"Release {month + 1}",
            state=MilestoneState.OPEN if month == 11 else MilestoneState.COMPLETED,
            due_at=now + timedelta(days=30 * (month - 11) + 10),
        )
        for month in range(12)
    ]


def runs(number: int, cases: int, results: int) -> Iterator[object]:
    """Those of one project, oldest first, each as a Batch."""
    dice = random.Random(number)
    habits = [_habit(dice) for _ in range(cases)]
    size = max(60, cases // 4)
    runs = results // size
    begins = datetime.now(tz=UTC).replace(microsecond=0) - timedelta(days=DAYS)
    for run in range(runs):
        share = run / runs
        start = begins + timedelta(days=DAYS * share)
        yield _run(number, run, start, int(DAYS * share), size, habits, dice)


def _habit(dice: random.Random) -> Habit:
    fails = dice.choice((0.0, 0.0, 0.0, 0.0, 0.001, 0.001, 0.005, 0.02, 0.15))
    begins = dice.randrange(DAYS) if dice.random() < 0.1 else DAYS
    return Habit(
        fails=fails, broken_from=begins, broken_until=begins + dice.randrange(1, 20)
    )


def _run(
    number: int,
    run: int,
    start: datetime,
    day: int,
    size: int,
    habits: list[Habit],
    dice: random.Random,
) -> object:
    from ingest.contract import RunRecord, RunStatus
    from ingest.upsert import Batch

    is_branch = run % 10 == 9
    results: list[object] = []
    for place in range(size):
        case = (run * size + place) % len(habits)
        at = start + timedelta(seconds=place)
        is_failing = habits[case].fails_on(day, dice)
        results.append(_result(number, case, at, is_failing, dice))
        if is_failing and dice.random() < 0.3:
            again = habits[case].fails_on(day, dice)
            later = at + timedelta(seconds=1)
            results.append(_result(number, case, later, again, dice, retry=True))
    record = RunRecord(
        external_id=f"{run:06}",
        name=f"Nightly {run}",
        status=RunStatus.PASSED,
        source=f"source {run % 3}",
        configuration=CONFIGURATIONS[run % len(CONFIGURATIONS)],
        branch=f"change-{run}" if is_branch else "main",
        commit=f"{run // 4:040x}",
        milestones=(str(min(11, day * 12 // DAYS)),),
        started_at=start,
        finished_at=start + timedelta(seconds=size),
    )
    return Batch(record=record, results=results)  # type: ignore[arg-type]


def _result(
    number: int,
    case: int,
    at: datetime,
    is_failing: bool,
    dice: random.Random,
    *,
    retry: bool = False,
) -> object:
    from ingest.contract import ResultRecord, Status

    status = Status.FAILED if is_failing else Status.PASSED
    message = ""
    if is_failing:
        form = MESSAGES[case % len(MESSAGES)]
        message = form.format(n=dice.randrange(10**6), m=dice.randrange(99))
    return ResultRecord(
        key=f"case-{case}",
        name=f"Case {case} of product {number} does what it says",
        folder=f"Part {case % 12} / Group {case % 40}",
        status=status,
        raw_status=status.value,
        executed_at=at,
        duration_ms=50 + case * 3 + dice.randrange(400),
        message=message,
        is_marked_retry=retry,
    )


def fill(results: int = 1_000_000, sizes: Sequence[int] = SIZES) -> None:
    """Load where nothing is stored, and bring what is kept up to date."""
    from django.db import connection

    from benchmarks.table import rate
    from dashboard.precomputed.precompute import precompute
    from dashboard.precomputed.precompute_milestones import precompute_milestones
    from ingest.models import Run

    if not Run.objects.exists():
        begun = time.perf_counter()
        stored = load(results, sizes)
        print(f"{stored:,} results at {rate(stored, time.perf_counter() - begun)}/s")
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    begun = time.perf_counter()
    precompute()
    print(f"Standard windows of all projects: {time.perf_counter() - begun:.1f} s")
    begun = time.perf_counter()
    number = precompute_milestones(longest_s=3600)
    print(f"{number} milestones: {time.perf_counter() - begun:.1f} s")


def measure() -> None:
    """Load what is missing, bring what is kept up to date, time every page."""
    from benchmarks import pages

    fill()
    pages.run()


if __name__ == "__main__":
    from benchmarks.ground import database_in, fresh_database

    with database_in(sys.argv[1]) if sys.argv[1:] else fresh_database():
        measure()
