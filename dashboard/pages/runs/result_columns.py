"""The heads of the table of a run's results."""

from __future__ import annotations

from dashboard.metrics.compare import Comparison
from dashboard.pages.runs.result_rows import STRIP_LENGTH
from dashboard.pages.runs.state import RunState
from dashboard.ui.parts import Column

# What a first click on a head orders by: the worst or longest first, names from A.
FIRST_SORT = {
    "name": "name",
    "thread": "thread",
    "duration": "-duration_ms",
    "change": "-change",
}
HEADS = {
    "name": "Test",
    "thread": "Thread",
    "message": "Message",
    "strip": f"Last {STRIP_LENGTH} runs",
    "duration": "Duration",
    "change": "Change",
}


def columns(
    state: RunState, sort: str, against: Comparison | None
) -> dict[str, Column]:
    found = {}
    for key, text in HEADS.items():
        first = FIRST_SORT.get(key, "")
        if key == "change" and against is None:
            first = ""
        is_sorted = bool(first) and sort.removeprefix("-") == first.removeprefix("-")
        found[key] = Column(
            text=text,
            href=_sort_href(state, sort, first) if first else "",
            sorted="" if not is_sorted else "desc" if sort.startswith("-") else "asc",
            numeric=key in ("duration", "change"),
        )
    return found


def _sort_href(state: RunState, sort: str, first: str) -> str:
    if sort != first:
        return state.href("results", sort=first)
    turned = first[1:] if first.startswith("-") else f"-{first}"
    return state.href("results", sort=turned)
