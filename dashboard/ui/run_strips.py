"""The strip of a test's outcomes, each of which leads to its result."""

from __future__ import annotations

from collections.abc import Iterable

from dashboard.metrics.executions import Execution
from dashboard.metrics.strips import Cell, letter
from dashboard.ui import links
from dashboard.ui.clock import Clock
from dashboard.ui.parts import Strip
from dashboard.ui.svg.strips import StripCell


def attempts_text(one: Cell | Execution) -> str:
    """ "failed, then passed on attempt 2": all attempts, the final one last."""
    if not one.earlier:
        return str(one.status)
    number = len(one.earlier) + 1
    return f"{', '.join(one.earlier)}, then {one.status} on attempt {number}"


def run_strip(
    results: Iterable[Cell | Execution],
    clock: Clock,
    *,
    slots: int = 30,
    marked_run: int | None = None,
) -> Strip:
    """`marked_run` is the run whose outcome the page is about."""
    cells = tuple(
        StripCell(
            outcome=letter(one),
            href=links.result(one.result),
            title=f"{clock.moment(one.at)}, {attempts_text(one)}",
            is_marked=one.run == marked_run,
        )
        for one in results
    )
    return Strip(cells=cells, slots=slots)
