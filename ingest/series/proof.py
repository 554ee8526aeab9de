"""When enough passes in a row prove that a flaky case was mended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, log

from ingest.series.events import Commits, Flakes, MixedRun, Series, flakes
from ingest.series.posterior import DOUBT, mean_rate


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """`passed` of the `needed` passes in a row since the last event, whose last result
    was at `since`, in microseconds since 1970.
    """

    needed: int
    passed: int
    since: int

    @property
    def is_proven(self) -> bool:
        return self.passed >= self.needed


def passes_needed(rate: float) -> int:
    """Passes in a row that a case with this flake rate, in (0, 1), would have with a
    chance of 5 % only: ceil(ln 0.05 / ln(1 − rate)).
    """
    return ceil(log(DOUBT) / log(1 - rate))


def proof_of(
    series: Sequence[Series], mixed: Mapping[int, MixedRun], commits: Commits
) -> Proof | None:
    """How far the proof is that a case was mended; None without any event."""
    return proof_after(flakes(series, mixed, commits), series, mixed)


def proof_after(
    found: Flakes, series: Sequence[Series], mixed: Mapping[int, MixedRun]
) -> Proof | None:
    """The same with the case's events, which are known.

    The rate before the fix is that of all its events in the exposure up to the last
    result of the last one that did not pass. Passes count over all series in order of
    time; a result that did not pass begins the count anew.
    """
    if not found.events:
        return None
    since = max(event.last_at for event in found.events)
    until = {run for one in series for run in one.cut(-_LATE, since + 1).runs}
    until.update(run for run, one in mixed.items() if one.at <= since)
    before = mean_rate(found.k, len(found.exposed & until))
    return Proof(
        needed=passes_needed(before), passed=_passes(series, since), since=since
    )


# Later than any result.
_LATE = 2**62


def _passes(series: Sequence[Series], since: int) -> int:
    """Passes after the last result that did not pass or held the last event."""
    bad = [
        at
        for one in series
        for at, letter in zip(one.times, one.outcomes, strict=True)
        if letter != "P"
    ]
    begins = max([since, *bad])
    return sum(len(one.cut(begins + 1, _LATE).outcomes) for one in series)
