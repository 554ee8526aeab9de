"""The last outcomes of a case as letters, by the words of the definition."""

from __future__ import annotations

from collections.abc import Iterable

from tests.dashboard.metrics.oracle.rows import Execution

LETTERS = {
    "passed": "P",
    "failed": "F",
    "error": "E",
    "skipped": "S",
    "blocked": "B",
    "untested": "U",
    "running": "U",
    "unknown": "U",
}


def letter(execution: Execution) -> str:
    """R is a final result that passed in a mixed run."""
    if execution.is_mixed and execution.final.status == "passed":
        return "R"
    return LETTERS[execution.final.status]


def strip(found: Iterable[Execution], case: int, last: int = 30) -> str:
    """Of automated runs, oldest first."""
    mine = [e for e in found if e.case == case and e.run.kind != "manual"]
    return "".join(letter(e) for e in sorted(mine, key=lambda e: e.order))[-last:]
