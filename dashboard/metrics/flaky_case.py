"""How one case flakes, in figures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from ingest.series.posterior import upper_bound

Evidence = Literal["proven", "suspected"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EventCounts:
    """Flake events by what shows them: `retry` are mixed runs, `same_commit` commits
    that passed and failed, `alternating` isolated failures.
    """

    retry: int = 0
    same_commit: int = 0
    alternating: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class FlakyCase:
    """How a case flakes in a window.

    `k` flake events, which are `events`, in an exposure of `n`; `rate`, `low` and
    `high` are the mean and the 2.5 % and 97.5 % quantiles of their posterior. `flips`
    of `pairs` of neighbours and `expected_flips` are sums over its series, `executions`
    their results and `not_passed` those of them that did not; `passed_on_retry` of them
    passed after an attempt that did not: after `retried_attempts` in all.
    `time_lost_ms` is of `lost_attempts`. `first_event_at` and `last_event_at` are the
    times of its first and last event.
    """

    case: int
    project: int
    name: str
    k: int
    n: int
    rate: float
    low: float
    high: float
    evidence: Evidence | None
    events: EventCounts
    is_flaky: bool
    flips: int
    pairs: int
    expected_flips: float
    executions: int
    not_passed: int
    passed_on_retry: int
    retried_attempts: int
    time_lost_ms: int
    lost_attempts: int
    unknown_durations: int
    first_event_at: datetime | None
    last_event_at: datetime | None

    @property
    def flip_rate(self) -> float | None:
        """Share of pairs that flip; None without any pair."""
        return self.flips / self.pairs if self.pairs else None

    @property
    def upper_bound(self) -> float | None:
        """For a case without any event: its rate is below this, by 95 %.

        None when it has events, or no exposure.
        """
        return None if self.k else upper_bound(self.n)
