"""Machine time that flake events cost, and what it is worth in money."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.conf import settings

from dashboard.metrics.flake_analysis import FlakeAnalysis
from dashboard.metrics.histories import Lost
from ingest.series import Event

MS_PER_HOUR = 3_600_000
MINUTES_PER_HOUR = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """An hour of a machine, minutes of a person for each flake event, and an hour of
    that person; None for what nobody said. Money is in one currency, whichever it is.
    """

    machine: float | None = None
    triage_minutes: float | None = None
    wage: float | None = None


def prices() -> Prices:
    """As they are set; see docs/settings.md."""
    return Prices(
        machine=settings.MACHINE_PRICE,
        triage_minutes=settings.TRIAGE_MINUTES,
        wage=settings.WAGE,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What flakiness cost: time of machines and time of people, None where unpriced."""

    machine: float | None
    triage: float | None

    @property
    def total(self) -> float:
        return (self.machine or 0.0) + (self.triage or 0.0)


def cost_of(time_lost_ms: int, events: int, prices: Prices) -> Cost | None:
    """Machine hours × price, and events × triage hours × wage; None without any price."""
    machine = triage = None
    if prices.machine is not None:
        machine = time_lost_ms / MS_PER_HOUR * prices.machine
    if prices.triage_minutes is not None and prices.wage is not None:
        triage = events * prices.triage_minutes / MINUTES_PER_HOUR * prices.wage
    if machine is None and triage is None:
        return None
    return Cost(machine=machine, triage=triage)


def time_lost(events: Iterable[Event], lost: Mapping[int, Lost]) -> Lost:
    """Over the attempts that belong to events, each once, that did not pass or were
    repeats: their durations in ms, how many of those are unknown, and how many they are.
    """
    runs = {run for event in events for run in event.runs}
    found = [lost[run] for run in runs if run in lost]
    return Lost(
        sum(one.ms for one in found),
        sum(one.unknown for one in found),
        sum(one.attempts for one in found),
    )


def lost_executions(analyses: Iterable[FlakeAnalysis]) -> list[tuple[int, int, int]]:
    """(project, case, run) of the events of some cases in which time was lost."""
    return [
        (one.history.project, one.history.case, run)
        for one in analyses
        for run in {run for event in one.flakes.events for run in event.runs}
        if run in one.history.lost
    ]
