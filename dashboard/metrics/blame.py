"""How much of a change of the pooled pass rate each group brought about. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from dashboard.metrics.rates import decided_count, not_passed_count
from dashboard.metrics.tallies import add
from ingest.contract import Counts

Key = TypeVar("Key")


def contributions(
    now: Mapping[Key, Counts], before: Mapping[Key, Counts]
) -> dict[Key, float]:
    """Points of the pooled pass rate by group; they sum to its change.

    A group's part of all decided results that did not pass, before minus now:
    100 · (f'/N' − f/N), where N are the decided results of all groups together.
    """
    n_now = decided_count(add(now.values())) or 1
    n_before = decided_count(add(before.values())) or 1
    keys = {*now, *before}
    return {
        key: 100
        * (
            not_passed_count(before.get(key, Counts())) / n_before
            - not_passed_count(now.get(key, Counts())) / n_now
        )
        for key in keys
    }
