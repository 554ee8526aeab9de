"""What is chosen in columns, and what a query chooses."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import Q

from dashboard.column_store.selection import chosen_results
from dashboard.filters import Filters, Window, result_conditions
from ingest.models import Result
from tests import clock

DAY = timedelta(days=1)
NAMES = ("runs", "ordinals", "cases", "times", "durations_ms", "statuses", "attempts")


def chosen(filters: Filters, window: Window) -> set[tuple[Any, ...]]:
    found = set()
    for part in chosen_results(filters, window, Q()):
        columns = (getattr(part.finals, name).tolist() for name in NAMES)
        found |= {*zip(*columns, strict=True)}
    return found


def asked(filters: Filters, window: Window) -> set[tuple[Any, ...]]:
    rows = Result.objects.filter(result_conditions(filters, window), is_final=True)
    return {
        (
            row.run_id,
            row.ordinal,
            row.case_id,
            round(row.at.timestamp() * 1_000_000),
            -1 if row.duration_ms is None else row.duration_ms,
            row.status,
            row.attempt,
        )
        for row in rows
    }


def all_time() -> Window:
    return Window(since=clock.now() - 400 * DAY, until=clock.now() + 2 * DAY)
