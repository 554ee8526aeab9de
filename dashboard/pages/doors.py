"""Addresses of the lists behind numbers: each holds exactly the rows that it counts."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from dashboard.filters import Filters, Window

DECIDED_WORDS = ("error", "failed", "passed")
NOT_PASSED_WORDS = ("error", "failed")
# The lists of failing cases, as the value of `view` on /cases/.
FAILING, BEGAN = "failing", "began"


def results(filters: Filters, statuses: Collection[str] = (), **changes: Any) -> str:
    """The final results that a metric of these filters counts, of some statuses."""
    chosen = replace(
        filters.explicit(),
        status=tuple(sorted(statuses)),
        final=True,
        latest=False,
        sort="",
        **changes,
    )
    return _address("/results/", chosen)


def day_results(
    filters: Filters, window: Window, day: date, statuses: Collection[str] = ()
) -> str:
    """Those of one UTC day, as far as it lies in the window."""
    begins = datetime.combine(day, time(), UTC)
    since, until = max(begins, window.since), begins + timedelta(days=1)
    if window.until != filters.now:
        until = min(until, window.until)
    return results(filters, statuses, window_days=None, since=since, until=until)


def case_results(filters: Filters, case_id: int) -> str:
    """The final results of one case in a list's time range, which may be all time."""
    chosen = replace(
        filters,
        case=(case_id,),
        q="",
        status=(),
        final=True,
        latest=False,
        sort="",
    )
    return _address("/results/", chosen)


def runs(filters: Filters, statuses: Collection[str] = (), **changes: Any) -> str:
    """The runs that began in the window of a metric of these filters."""
    chosen = replace(_plain(filters), status=tuple(sorted(statuses)), **changes)
    return _address("/runs/", chosen)


def failing(filters: Filters, view: str = FAILING, **changes: Any) -> str:
    """The cases that fail now, or that began to within 24 h (`view` BEGAN)."""
    chosen = replace(_plain(filters), status=(), **changes)
    return _address("/cases/", chosen, view)


def case(case_id: int) -> str:
    return f"/cases/{case_id}/"


def project(project_id: int, filters: Filters | None = None) -> str:
    """A project's page, with the time range and filters of the page that links to it."""
    kept = replace(_plain(filters), project=()) if filters else Filters()
    if filters is not None and filters.list_window() is None:
        kept = replace(kept, window_days=None)
    return _address(f"/projects/{project_id}/", kept)


def run(run_id: int, statuses: Collection[str] = ()) -> str:
    pairs = [("status", status) for status in sorted(statuses)]
    return f"/runs/{run_id}/" + (f"?{urlencode(pairs)}" if pairs else "")


def milestone(milestone_id: int) -> str:
    return f"/milestones/{milestone_id}/"


def export(path: str, filters: Filters) -> str:
    """A list of the API with the same query, as CSV."""
    return f"/api/v1/{path}?{urlencode([*filters.pairs(), ('format', 'csv')])}"


def _plain(filters: Filters) -> Filters:
    return replace(filters.explicit(), latest=False, final=False, sort="")


def _address(path: str, filters: Filters, view: str = "") -> str:
    pairs = filters.pairs() + ([("view", view)] if view else [])
    return f"{path}?{urlencode(pairs)}" if pairs else path
