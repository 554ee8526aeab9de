"""Automation runs that clients push to Testmo: threads, results, and their ids."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ingest.simulator.testmo.statuses import Body
from ingest.simulator.world import SimCase, SimResult, SimRun

FIRST_RUN, FIRST_THREAD = 800_001, 900_000_001
FIRST_RESULT, FIRST_CASE = 5_000_001, 100_000_001
MICROSECONDS = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class PushedResult(SimResult):
    """`elapsed_us` as it was sent, in microseconds; None when it was left out."""

    key: str = ""
    elapsed_us: int | None = None


@dataclass(slots=True)
class PushedThread:
    """Both times are in microseconds and None until one was sent."""

    thread_id: int
    started_at: datetime
    observed_us: int | None = None
    computed_us: int | None = None
    artifacts: list[Body] = field(default_factory=list)
    fields: list[Body] = field(default_factory=list)
    completed_at: datetime | None = None

    def add_times(self, observed_us: int | None, computed_us: int | None) -> None:
        if observed_us is not None:
            self.observed_us = (self.observed_us or 0) + observed_us
        if computed_us is not None:
            self.computed_us = (self.computed_us or 0) + computed_us

    def elapsed_us(self, results: Iterable[SimResult]) -> int:
        """What was observed, else computed, else the sum of the tests."""
        for told in (self.observed_us, self.computed_us):
            if told is not None:
                return told
        return sum(elapsed_of(result) or 0 for result in results)


@dataclass(slots=True)
class PushedRun(SimRun):
    """An automation run that grows until its client completes it."""

    lanes: list[PushedThread] = field(default_factory=list)
    artifacts: list[Body] = field(default_factory=list)
    fields: list[Body] = field(default_factory=list)
    links: list[Body] = field(default_factory=list)
    elapsed_us: int | None = None
    touched_at: datetime | None = None

    def complete(self, now: datetime, *, measure: bool) -> None:
        """Without a measurement the run took as long as its longest thread."""
        for lane in self.lanes:
            lane.completed_at = lane.completed_at or now
        took = [
            lane.elapsed_us(r for r in self.results if r.thread == index)
            for index, lane in enumerate(self.lanes)
        ]
        measured = (now - self.started_at) // MICROSECONDS
        self.elapsed_us = measured if measure else max(took, default=0)
        self.touched_at = self.finished_at = now


class Identities:
    """Numbers for what is pushed, none of which the world has given out.

    A key means the same case in all runs of a source.
    """

    def __init__(self) -> None:
        self._runs = self._threads = self._results = 0
        self._cases: dict[tuple[int, str, str], int] = {}

    def run(self) -> int:
        self._runs += 1
        return FIRST_RUN + self._runs - 1

    def thread(self) -> int:
        self._threads += 1
        return FIRST_THREAD + self._threads - 1

    def result(self) -> int:
        self._results += 1
        return FIRST_RESULT + self._results - 1

    def case(self, project: int, source: str, key: str) -> int:
        return self._cases.setdefault(
            (project, source, key), FIRST_CASE + len(self._cases)
        )


def elapsed_of(result: SimResult) -> int | None:
    """In microseconds; a result that was sent without a time has none."""
    if isinstance(result, PushedResult):
        return result.elapsed_us
    return result.duration_ms * 1000 if result.duration_ms else None


def is_pushed(case: SimCase) -> bool:
    """Whether the case is known by its key alone."""
    return case.number >= FIRST_CASE
