"""Runs that clients of Testomat.io make, report to, and move from status to status."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta

from ingest.simulator.world import SimCase, SimResult, SimRun

FIRST_RUN, FIRST_RESULT, FIRST_CASE = 800_001, 5_000_001, 500_001
PACE = timedelta(seconds=1)
LONGEST_MS, FAILS_EVERY = 30_000, 11
# Every automated run that the simulator executes says this of what failed.
FAILURE = "Expected 200, got 500"


@dataclass(frozen=True, slots=True)
class PushedCase(SimCase):
    """A test with one of its examples; `uid` is the test's id when it has one."""

    uid: str = ""
    example: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PushedResult(SimResult):
    """`run_time` in milliseconds as it was sent; `rid` is the client's own id."""

    run_time: float | None = None
    stack: str = ""
    rid: str = ""


@dataclass(slots=True)
class PushedRun(SimRun):
    """`word` is a status that results do not tell, or "".

    shards: finishes until a shared run ends. duration_s: as the client told it.
    """

    word: str = ""
    launched_at: datetime | None = None
    environments: tuple[str, ...] = ()
    build_url: str | None = None
    description: str | None = None
    duration_s: float | None = None
    is_shared: bool = False
    shards: int = 1
    finishes: int = field(default=0)


def adopted(
    run: SimRun, word: str, environments: Sequence[str], url: str | None
) -> PushedRun:
    """The run as one that a client may change; it looks the same until it does."""
    copied = {one.name: getattr(run, one.name) for one in fields(SimRun)}
    return PushedRun(
        **copied | {"results": list(run.results)},
        word=word,
        launched_at=run.started_at,
        environments=tuple(environments),
        build_url=url,
    )


def pending(number: int, case: SimCase, now: datetime) -> SimResult:
    """A testrun that has been planned and nothing more."""
    return SimResult(number, case, "untested", 1, 0, now, 0)


def came_in(result: SimResult, now: datetime) -> bool:
    return result.outcome != "untested" and result.finished_at <= now


def execute(run: PushedRun, now: datetime) -> None:
    """As a CI would: one test a second from now on, then the run ends by itself."""
    done = [result for result in run.results if came_in(result, now)]
    waiting = [result for result in run.results if not came_in(result, now)]
    planned = [
        _executed(result, now + index * PACE) for index, result in enumerate(waiting, 1)
    ]
    run.results = [*done, *planned]
    run.finished_at = max((r.finished_at for r in planned), default=now)


def end(run: PushedRun, word: str, now: datetime) -> None:
    """What is pending when a run is finished becomes skipped."""
    run.results = [
        result if came_in(result, now) else _skipped(result, now)
        for result in run.results
    ]
    run.word, run.finished_at = word, now
    run.launched_at = run.launched_at or run.started_at


def again(run: PushedRun, numbers: Iterable[int], now: datetime) -> None:
    """Plan the tests that failed once more, or every test when none did."""
    newest = {result.case.number: result for result in run.results}
    failed = [r for r in newest.values() if r.outcome in ("failed", "error")]
    planned = [
        replace(pending(number, result.case, now), attempt=result.attempt + 1)
        for number, result in zip(numbers, failed or newest.values(), strict=False)
    ]
    run.results = [*run.results, *planned]
    run.word, run.finished_at, run.launched_at = "", None, now
    run.duration_s = None


def record(run: PushedRun, results: Iterable[PushedResult]) -> None:
    """Each in place of what is pending for its test, or of its `rid`, or added."""
    changed: list[SimResult] = [*run.results]
    by_rid: dict[str, int] = {}
    waiting: dict[int, int] = {}
    for index, before in enumerate(changed):
        if isinstance(before, PushedResult) and before.rid:
            by_rid[before.rid] = index
        if before.outcome == "untested":
            waiting[before.case.number] = index
    for result in results:
        index = by_rid.get(result.rid, waiting.pop(result.case.number, -1))
        if index >= 0:
            changed[index] = replace(result, number=changed[index].number)
        else:
            changed.append(result)
            index = len(changed) - 1
        if result.rid:
            by_rid[result.rid] = index
    run.results = changed


def _executed(result: SimResult, started_at: datetime) -> SimResult:
    """What is executed again passes."""
    fails = result.attempt == 1 and result.case.number % FAILS_EVERY == 0
    return replace(
        result,
        outcome="failed" if fails else "passed",
        started_at=started_at,
        duration_ms=min(result.case.typical_ms, LONGEST_MS),
        message=FAILURE if fails else "",
    )


def _skipped(result: SimResult, now: datetime) -> SimResult:
    return replace(result, outcome="skipped", started_at=now, duration_ms=0, message="")
