"""The results of one run, from the lives of its cases at the moment of the run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from ingest.simulator.generator import messages
from ingest.simulator.generator.cases import Life
from ingest.simulator.generator.products import Suite
from ingest.simulator.world import SimCase, SimResult, SimRun

SETUP_MS = 2_000
JITTER = tuple(Random(7).lognormvariate(0, 0.22) for _ in range(1024))
MANUAL_OUTCOMES = {
    "testmo": (
        ("passed", "failed", "blocked", "retest", "wontfix", "parked", "untested"),
        (84, 6, 3, 2, 1, 1, 3),
    ),
    "testomatio": (("passed", "failed", "skipped"), (88, 7, 5)),
}
# What happens by chance to a case that has no fate: rare, but every run is large.
STRAY = 0.0006


@dataclass(slots=True)
class Attempt:
    """One result before it has its number: `offset_ms` from the start of the run."""

    offset_ms: int
    case: SimCase
    outcome: str
    attempt: int
    thread: int
    duration_ms: int
    message: str


def fill(
    run: SimRun,
    suite: Suite,
    vendor: str,
    lives: Sequence[Life],
    first_number: int,
    rng: Random,
    *,
    outage: bool = False,
    slowly_ms: int = 0,
) -> None:
    """Give the run its results and its end; `slowly_ms` is a pause before each case."""
    attempts: list[Attempt] = []
    cursors = [SETUP_MS + 137 * thread for thread in range(run.threads)]
    shift = rng.randrange(1024)
    for index, life in enumerate(lives):
        thread = index % run.threads
        jitter = JITTER[(index * 7 + shift) % 1024]
        tried = _attempts(run, suite, vendor, life, jitter, rng, outage)
        cursors[thread] += slowly_ms
        for attempt in tried:
            attempt.offset_ms, attempt.thread = cursors[thread], thread
            cursors[thread] += attempt.duration_ms + 3
        attempts += tried
    attempts.sort(key=lambda attempt: attempt.offset_ms)
    run.results = numbered(run.started_at, attempts, first_number)
    run.finished_at = run.started_at + timedelta(milliseconds=max(cursors) + 900)


def numbered(
    started_at: datetime, attempts: Sequence[Attempt], first_number: int
) -> list[SimResult]:
    """The attempts of a run that began at `started_at`, numbered in their order."""
    return [
        SimResult(
            number,
            a.case,
            a.outcome,
            a.attempt,
            a.thread,
            started_at + timedelta(milliseconds=a.offset_ms),
            a.duration_ms,
            a.message,
        )
        for number, a in enumerate(attempts, first_number)
    ]


def _attempts(
    run: SimRun,
    suite: Suite,
    vendor: str,
    life: Life,
    jitter: float,
    rng: Random,
    outage: bool,
) -> list[Attempt]:
    case, at = life.case, run.started_at
    duration_ms = max(1, int(case.typical_ms * jitter))
    if suite.kind == "manual":
        return [_manual(case, vendor, duration_ms, rng)]
    if life.slower_from is not None and at >= life.slower_from:
        duration_ms = int(duration_ms * 2.5)
    tried: list[Attempt] = []
    for attempt in range(1, suite.retries + 2):
        outcome, message = _outcome(life, at, rng, outage)
        outcome = _in_vendors_words(outcome, vendor, case)
        took = _took(outcome, message, duration_ms)
        tried.append(Attempt(0, case, outcome, attempt, 0, took, message))
        if outcome not in ("failed", "error"):
            break
    return tried


def _outcome(life: Life, at: datetime, rng: Random, outage: bool) -> tuple[str, str]:
    if outage:
        return _outage_outcome(rng)
    if not life.is_plain():
        if life.skipped and life.skipped[0] <= at < life.skipped[1]:
            return "skipped", messages.SKIPS[life.case.number % len(messages.SKIPS)]
        for start, end, outcome, message in life.broken:
            if start <= at < end:
                return outcome, message
        if life.flaky and rng.random() < life.flaky:
            return "failed", messages.flaky(life.case, rng)
    if rng.random() < STRAY:
        return "failed", messages.flaky(life.case, rng)
    return "passed", ""


def _outage_outcome(rng: Random) -> tuple[str, str]:
    draw = rng.random()
    if draw < 0.06:
        return "passed", ""
    if draw < 0.14:
        return "blocked", "Blocked: log-in is not possible"
    outcome = "error" if draw < 0.75 else "failed"
    return outcome, messages.OUTAGE[int(draw * 1000) % len(messages.OUTAGE)]


def _in_vendors_words(outcome: str, vendor: str, case: SimCase) -> str:
    """In Testmo some teams give failures and skips a status of their own."""
    if vendor == "testmo":
        if outcome == "failed" and case.number % 9 == 0:
            return "wontfix"
        if outcome == "skipped" and case.number % 5 == 0:
            return "parked"
    return outcome


def _took(outcome: str, message: str, duration_ms: int) -> int:
    if outcome in ("skipped", "blocked", "parked"):
        return 0
    return duration_ms * 3 if message.startswith("TimeoutError") else duration_ms


def _manual(case: SimCase, vendor: str, duration_ms: int, rng: Random) -> Attempt:
    words, weights = MANUAL_OUTCOMES[vendor]
    outcome = rng.choices(words, weights)[0]
    if outcome in ("untested", "skipped", "parked"):
        return Attempt(0, case, outcome, 1, 0, 0, "")
    message = "" if outcome == "passed" else rng.choice(messages.MANUAL)
    return Attempt(0, case, outcome, 1, 0, duration_ms, message)
