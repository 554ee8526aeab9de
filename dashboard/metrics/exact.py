"""The number of results in a list that is too long to be counted row by row."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from dashboard.filters import Filters, Window
from dashboard.filters.state import BEGINNING
from dashboard.metrics.tallies import tallies
from ingest.contract import Status

ALL_TIME = Window(since=BEGINNING, until=datetime.max.replace(tzinfo=UTC))


def final_results(filters: Filters) -> int | None:
    """How many rows the list of final results has, from the roll-ups; None when they
    cannot tell: of single cases, of words, of every attempt, of the newest only.
    """
    if filters.case or filters.q or filters.latest or not filters.final:
        return None
    if filters.signature:
        return None
    window = filters.list_window() or ALL_TIME
    counted = tallies(replace(filters, status=()), window)
    wanted = filters.status or tuple(Status)
    numbers = (
        int(getattr(tally.counts, status))
        for tally in counted
        if tally.from_rows
        for status in wanted
    )
    return sum(numbers)
