"""What the tests of a run's page share: two runs in a row, and the table read back."""

from __future__ import annotations

import re
from datetime import timedelta

from tests.dashboard.number_links import part
from tests.factories import (
    NOW,
    make_results,
    make_run,
)

HOUR = timedelta(hours=1)


SECOND = timedelta(seconds=1)


def page_of(run, query=""):
    return f"/runs/{run.pk}/{query}"


def two_runs(project, before, after, **values):
    """Two runs in a row, their results in the order of "case 1", "case 2", …"""
    base = make_run(
        project,
        started_at=NOW - 4 * HOUR,
        finished_at=NOW - 3 * HOUR,
        **values,
    )
    make_results(base, before)
    head = make_run(
        project, started_at=NOW - 2 * HOUR, finished_at=NOW - HOUR, **values
    )
    make_results(head, after, message="TimeoutError: not within 15000 ms")
    return base, head


def results_of(html):
    return part(html, "results")


def total_in(html):
    """The m and n of "m of n" over the table."""
    found = re.search(r"<h2>Results</h2><span[^>]*>([\d,]+) of ([\d,]+)", html)
    return int(found[1].replace(",", "")), int(found[2].replace(",", ""))
