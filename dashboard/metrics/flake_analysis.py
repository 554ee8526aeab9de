"""What the histories of cases say at a glance: their flake events, rate and verdict."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from dashboard.metrics.flake_counts import flake_counts
from dashboard.metrics.histories import CaseHistory, Histories
from ingest.series import Flakes, flakes
from ingest.series.posterior import Posterior, is_flaky, posteriors


class FlakeAnalysis(NamedTuple):
    """A case's history, its flake events and the rate that they tell."""

    history: CaseHistory
    flakes: Flakes
    rate: Posterior

    @property
    def is_flaky(self) -> bool:
        found = self.flakes
        return is_flaky(found.k, self.rate.low, is_proven=found.is_proven)


def flaky_histories(found: Histories) -> Histories:
    """The flaky ones of them."""
    return found.where(flake_counts(found.columns).is_flaky)


def histories_that_may_flake(found: Histories) -> Histories:
    """Those that can be flaky in any part of their time."""
    return found.where(flake_counts(found.columns).may_flake_in_parts)


def flake_analyses(
    case_histories: Iterable[CaseHistory], *, with_clean: bool = False
) -> list[FlakeAnalysis]:
    """The histories that have an event, `with_clean` all of them."""
    told = [(one, flakes(one.series, one.mixed, one.commits)) for one in case_histories]
    kept = [(one, events) for one, events in told if events.k or with_clean]
    rates = posteriors([f.k for _, f in kept], [f.n for _, f in kept])
    return [
        FlakeAnalysis(one, f, rate) for (one, f), rate in zip(kept, rates, strict=True)
    ]
