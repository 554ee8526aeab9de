"""Puts the year together: plans every run, numbers them by time, gives them results."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from random import Random

from ingest.simulator.generator import calendar
from ingest.simulator.generator.cases import Life, never_run, suite_lives
from ingest.simulator.generator.products import PRODUCTS, Product, Suite
from ingest.simulator.generator.results import fill, numbered
from ingest.simulator.generator.rounds import SOURCE, Round, Sheet, rounds
from ingest.simulator.world import SimMilestone, SimProject, SimRun, World

FIRST_RUN = 1001
FIRST_RESULT = 50_001
LIVE_HOURS = 6
LIVE_STEP = timedelta(minutes=4)
HORIZON = timedelta(hours=36)
SOAK_PAUSE_MS = 170_000
SMOKE_SHARE = 0.25
# The vendors of which tests can be read that no run holds.
LISTS_TESTS = frozenset({"testomatio", "testably"})


@dataclass(slots=True)
class Plan:
    """A run that has no results yet; `share` of the suite's cases takes part."""

    owner: Planner
    suite: Suite
    started_at: datetime
    key: str
    share: float = 1.0
    label: str = ""
    soak: bool = False
    sheet: Sheet | None = None
    milestone: SimMilestone | None = None


class Planner:
    """One product's year: its cases, its milestones and the runs that it starts."""

    def __init__(
        self,
        seed: int,
        number: int,
        product: Product,
        begin: datetime,
        days: int,
        now: datetime,
    ) -> None:
        self.seed, self.product, self.begin, self.days = seed, product, begin, days
        self.project = SimProject(
            number, product.vendor, product.name, product.counts_only
        )
        self.outages = calendar.outage_days(product, begin, days)
        self.releases = calendar.milestones(product, number, begin, days, now)
        self.lives: dict[str, list[Life]] = {}
        self.next_result = FIRST_RESULT
        for suite in product.suites:
            rng = self.rng("cases", suite.source)
            first = 1 + len(self.project.cases)
            lives = suite_lives(product, suite, first, begin, days, rng)
            self.lives[suite.source] = lives
            self.project.cases += [life.case for life in lives]
        self.rounds = self._rounds(number, now)
        own = [found.milestone for found in self.rounds]
        self.project.milestones = [*self.releases, *own]
        if product.vendor in LISTS_TESTS:
            self._plan_tests()

    def _plan_tests(self) -> None:
        """Some tests are never run; open milestones hold a few of them, and others."""
        ran = list(self.project.cases)
        new = never_run(self.product, ran, self.rng("never run"))
        self.project.cases += new
        self.project.planned = {
            milestone.number: [*new[::2], *ran[:20:4]]
            for milestone in self.project.milestones
            if milestone.completed_at is None
        }

    def rng(self, *parts: object) -> Random:
        """Randomness of its own for every part, so that adding one moves no other."""
        return Random("/".join(map(str, (self.seed, self.product.name, *parts))))

    def _rounds(self, number: int, now: datetime) -> list[Round]:
        lives = self.lives.get(SOURCE, [])
        known = (self.product, number, lives, self.begin, self.days, now)
        return list(rounds(*known, self.rng))

    def round_plans(self, until: datetime) -> Iterator[Plan]:
        suites = {suite.source: suite for suite in self.product.suites}
        for found in self.rounds:
            for sheet in found.sheets:
                if sheet.started_at <= until:
                    yield Plan(
                        self,
                        suites[SOURCE],
                        sheet.started_at,
                        sheet.key,
                        label="Acceptance",
                        sheet=sheet,
                        milestone=found.milestone,
                    )

    def daily_plans(self, until: datetime, runs: int) -> Iterator[Plan]:
        for index in range((until - self.begin).days + 1):
            day = self.begin + timedelta(days=index)
            for suite in self.product.suites:
                rng = self.rng(suite.source, day.date())
                starts = calendar.starts_on(suite, day, runs, self.days, rng)
                if day in self.outages and suite is self.product.suites[0]:
                    starts = [day + timedelta(hours=9, minutes=31), *starts]
                for order, at in enumerate(starts):
                    yield self._daily_plan(suite, at, f"{day.date()}/{order}", rng)

    def _daily_plan(self, suite: Suite, at: datetime, key: str, rng: Random) -> Plan:
        if suite.kind == "manual":
            return Plan(self, suite, at, key, 1.0, "Manual regression")
        if at.hour < 5:
            return Plan(self, suite, at, key, 1.0, "Nightly")
        if rng.random() < 0.15:
            return Plan(self, suite, at, key, SMOKE_SHARE, "Smoke")
        return Plan(self, suite, at, key, 1.0, "Push")

    def run(self, plan: Plan, number: int) -> SimRun:
        """The planned run with its results."""
        rng = self.rng(plan.suite.source, plan.key, "run")
        run = self._empty_run(plan, number, rng)
        if plan.sheet is not None:
            return self._by_sheet(run, plan.sheet)
        lives = self._taking_part(plan, rng)
        fill(
            run,
            plan.suite,
            self.product.vendor,
            lives,
            self.next_result,
            rng,
            outage=calendar.is_outage(self.outages, plan.started_at),
            slowly_ms=SOAK_PAUSE_MS if plan.soak else 0,
        )
        self.next_result += len(run.results)
        if plan.soak:
            run.finished_at = None
        return run

    def _by_sheet(self, run: SimRun, sheet: Sheet) -> SimRun:
        run.results = numbered(run.started_at, sheet.attempts, self.next_result)
        run.finished_at = sheet.finished_at
        self.next_result += len(run.results)
        return run

    def _taking_part(self, plan: Plan, rng: Random) -> list[Life]:
        at = plan.started_at
        lives = [
            life
            for life in self.lives[plan.suite.source]
            if life.born <= at < life.retired
        ]
        if plan.share >= 1 or not lives:
            return lives
        # A smoke run takes every n-th case: the same ones each time, as real ones do.
        step = max(1, round(1 / plan.share))
        return lives[rng.randrange(min(2, step)) :: step]

    def _empty_run(self, plan: Plan, number: int, rng: Random) -> SimRun:
        at, suite = plan.started_at, plan.suite
        release = calendar.milestone_at(self.releases, self.begin, at)
        milestone = release if rng.random() < 0.7 else None
        milestone = plan.milestone or milestone
        tags = [plan.label.lower().replace(" ", "-")]
        if milestone and milestone.tag and rng.random() < 0.5:
            tags.append(milestone.tag)
        branch = calendar.branch_at(self.product, at, release.name, rng)
        commit = calendar.commit_at(self.product, branch, at)
        return SimRun(
            number=number,
            name=_run_name(plan, branch, commit),
            kind=suite.kind,
            source=suite.source,
            configuration=self._configuration(suite, at, rng),
            milestone=milestone,
            tags=tuple(tags),
            branch=branch,
            commit=commit,
            started_at=at,
            finished_at=None,
            threads=1 if plan.soak else suite.threads,
        )

    def _configuration(self, suite: Suite, at: datetime, rng: Random) -> str:
        part = (at - self.begin) / timedelta(days=self.days)
        fitting = [
            name
            for name, first, last in suite.configurations
            if first <= part < last or (last == 1.0 and part >= 1)
        ]
        return rng.choice(fitting) if fitting else ""


def build_world(
    seed: int = 2026,
    now: datetime | None = None,
    runs: int = 1500,
    days: int = 365,
    later_starts: Sequence[datetime] = (),
) -> World:
    """The world as a demo that started at `now` sees it; same arguments, same world.

    runs: about how many in the `days` before `now`. The plan goes on beyond `now`:
    small runs every few minutes for six hours, ordinary days for 36 hours.
    later_starts: when the demo was started again; what was visible before stays as it
    was, and after each of them there is a time of small runs again.
    """
    now = (now or datetime.now(UTC)).astimezone(UTC).replace(microsecond=0)
    starts = [now, *sorted(later_starts)]
    begin = datetime.combine(now.date(), time(), UTC) - timedelta(days=days)
    planners = [
        Planner(seed, number, product, begin, days, starts[-1])
        for number, product in enumerate(PRODUCTS, 1)
    ]
    plans = [
        plan for p in planners for plan in p.daily_plans(starts[-1] + HORIZON, runs)
    ]
    for p in planners:
        plans += p.round_plans(starts[-1] + HORIZON)
    plans += _recent_plans(planners, now)
    for start, following in pairwise([*starts, datetime.max.replace(tzinfo=UTC)]):
        plans += _live_plans(planners, start, following)
    plans.sort(key=lambda plan: (plan.started_at, plan.owner.project.number))
    for number, plan in enumerate(plans, FIRST_RUN):
        plan.owner.project.runs.append(plan.owner.run(plan, number))
    return World(seed, now, [planner.project for planner in planners])


def _recent_plans(planners: Sequence[Planner], now: datetime) -> Iterator[Plan]:
    """A whole run in the last hours for every product, and the run that never ends."""
    for index, planner in enumerate(planners):
        at = now - timedelta(minutes=45 + 23 * index, seconds=index)
        yield Plan(planner, planner.product.suites[0], at, "recent", 1.0, "Push")
    soak = planners[0]
    at = now - timedelta(minutes=70)
    yield Plan(soak, soak.product.suites[0], at, "soak", 1.0, "Soak", soak=True)


def _live_plans(
    planners: Sequence[Planner], start: datetime, following: datetime
) -> Iterator[Plan]:
    """Small runs while somebody watches, until the next start at the latest."""
    rng = Random(f"live/{start.isoformat()}")
    at = start + timedelta(seconds=40)
    while at < min(start + timedelta(hours=LIVE_HOURS), following):
        planner = rng.choice(planners)
        suite = rng.choice([s for s in planner.product.suites if s.kind != "manual"])
        share = min(1.0, 40 / suite.cases)
        yield Plan(planner, suite, at, f"live/{at.isoformat()}", share, "Push")
        at += LIVE_STEP * rng.uniform(0.5, 1.5)


def _run_name(plan: Plan, branch: str, commit: str) -> str:
    suite = plan.suite.folder
    if plan.sheet is not None:
        return plan.sheet.name
    if plan.label == "Push":
        return f"{suite} · {branch} · {commit[:7]}"
    if plan.label == "Manual regression":
        return f"Manual regression {plan.started_at:%d %b %Y}"
    return f"{plan.label} {suite}"
