"""Machine time that flake events cost, and what it is worth in money."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from dashboard.metrics.histories import Lost
from ingest.series import Event


def time_lost(events: Iterable[Event], lost: Mapping[int, Lost]) -> Lost:
    """Over the attempts that belong to events, each once, that did not pass or were
    repeats: their durations in ms, and how many of those are unknown.
    """
    runs = {run for event in events for run in event.runs}
    found = [lost[run] for run in runs if run in lost]
    return Lost(sum(one.ms for one in found), sum(one.unknown for one in found))
