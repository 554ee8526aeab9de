"""Testmo's test statuses, and the counts of runs and threads made from them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

Body = dict[str, Any]

COUNT_FIELDS = 24
UNTESTED = 1
# A run, a thread, a source or an automation test speaks these, not test statuses.
NEUTRAL, SUCCESS, FAILURE, RUNNING = 1, 2, 3, 4


def _status(
    number: int, name: str, system_name: str, aliases: list[str], **flags: bool
) -> Body:
    return {
        "id": number,
        "name": name,
        "system_name": system_name,
        "color": f"#{number * 1_052_688 % 0xFFFFFF:06x}",
        "is_final": flags.get("is_final", True),
        "is_untested": flags.get("is_untested", False),
        "is_passed": flags.get("is_passed", False),
        "is_failed": flags.get("is_failed", False),
        "aliases": aliases,
    }


# The last two are what one customer configured: a failure that nobody will mend, and a
# status that says neither passed nor failed.
STATUSES = (
    _status(1, "Untested", "untested", [], is_untested=True, is_final=False),
    _status(2, "Passed", "passed", ["passed", "success"], is_passed=True),
    _status(3, "Failed", "failed", ["failed", "failure", "error"], is_failed=True),
    _status(4, "Retest", "retest", ["retest"], is_final=False),
    _status(5, "Blocked", "blocked", ["blocked"], is_final=False),
    _status(6, "Skipped", "skipped", ["skipped"]),
    _status(7, "Won't fix", "custom1", ["wontfix"], is_failed=True),
    _status(8, "Parked", "custom2", ["parked"]),
)
STATUS_OF = {
    "untested": 1,
    "passed": 2,
    "failed": 3,
    "error": 3,
    "retest": 4,
    "blocked": 5,
    "skipped": 6,
    "wontfix": 7,
    "parked": 8,
}
_PASSED = frozenset(s["id"] for s in STATUSES if s["is_passed"])
_FAILED = frozenset(s["id"] for s in STATUSES if s["is_failed"])


def counts(outcomes: Iterable[str]) -> Body:
    """The count set of a run or thread: `statusN_count` counts the status id N + 1."""
    by_outcome = Counter(outcomes)
    by_id: Counter[int] = Counter()
    for outcome, count in by_outcome.items():
        by_id[STATUS_OF[outcome]] += count
    total, untested = by_id.total(), by_id[UNTESTED]
    numbered = {f"status{n}_count": by_id[n + 1] for n in range(1, COUNT_FIELDS + 1)}
    return {
        "untested_count": untested,
        **numbered,
        "success_count": sum(by_id[number] for number in _PASSED),
        "failure_count": sum(by_id[number] for number in _FAILED),
        "completed_count": total - untested,
        "total_count": total,
    }


def referenced(bodies: Iterable[Body]) -> list[Body]:
    """The statuses that these runs count or that these results have."""
    seen: set[int] = set()
    for body in bodies:
        if "status_id" in body:
            seen.add(body["status_id"])
            continue
        fields = {UNTESTED: "untested_count"}
        fields |= {s["id"]: f"status{s['id'] - 1}_count" for s in STATUSES[1:]}
        seen |= {number for number, name in fields.items() if body.get(name)}
    return [status for status in STATUSES if status["id"] in seen]


def automation_status(outcome: str) -> int:
    """What an automation test row says: neutral, success, failure or running."""
    number = STATUS_OF[outcome]
    if number in _PASSED:
        return SUCCESS
    if number in _FAILED:
        return FAILURE
    return RUNNING if number == UNTESTED else NEUTRAL


def run_status(outcomes: Body, *, is_open: bool) -> int:
    if is_open:
        return RUNNING
    return FAILURE if outcomes["failure_count"] else SUCCESS
