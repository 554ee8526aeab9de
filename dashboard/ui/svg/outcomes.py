"""The six outcomes that are drawn, in the one order in which they always stand."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from ingest.contract import NOT_PASSED, Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """`css` names glyph, class and colour token; `letter` is the strip's letter."""

    key: str
    css: str
    word: str
    letter: str
    statuses: tuple[str, ...]


OUTCOMES: tuple[Outcome, ...] = (
    Outcome(key="failed", css="fail", word="Failed", letter="F", statuses=("failed",)),
    Outcome(key="error", css="err", word="Error", letter="E", statuses=("error",)),
    Outcome(
        key="blocked", css="block", word="Blocked", letter="B", statuses=("blocked",)
    ),
    Outcome(
        key="skipped", css="skip", word="Skipped", letter="S", statuses=("skipped",)
    ),
    Outcome(
        key="unfinished",
        css="run",
        word="Not finished",
        letter="U",
        statuses=("untested", "running", "unknown"),
    ),
    Outcome(key="passed", css="pass", word="Passed", letter="P", statuses=("passed",)),
)
_BY_STATUS = {
    status: outcome for outcome in OUTCOMES for status in (*outcome.statuses,)
}


def by_status(status: str) -> Outcome:
    """The outcome that a stored status is drawn as; a word we lack is unfinished."""
    return _BY_STATUS.get(status, OUTCOMES[4])


def grouped(counts: Mapping[str, int]) -> dict[str, int]:
    """Counts by status ("untested": 3) as counts by outcome key, zeros included."""
    sums = {outcome.key: 0 for outcome in OUTCOMES}
    for status, count in counts.items():
        sums[by_status(status).key] += count
    return sums


def glyph_of(status: Status, earlier: Collection[Status] = ()) -> str:
    """`earlier` are the outcomes of the attempts before, where there were some."""
    if status is Status.PASSED and not NOT_PASSED.isdisjoint(earlier):
        return "retry"
    return "unknown" if status is Status.UNKNOWN else by_status(status).css


# In the order in which outcomes always stand.
STATUS_ORDER = (
    Status.FAILED,
    Status.ERROR,
    Status.BLOCKED,
    Status.SKIPPED,
    Status.UNTESTED,
    Status.RUNNING,
    Status.UNKNOWN,
    Status.PASSED,
)
