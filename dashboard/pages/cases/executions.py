"""Every execution of a test: the chart, the same as a table, the last outcomes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from dashboard.filters.state import BEGINNING
from dashboard.metrics.executions import Execution
from dashboard.metrics.strips import letters
from dashboard.pages.cases.page_data import Card, PageData
from dashboard.ui import links
from dashboard.ui.charts.scatter import MOST_POINTS, RETRIED, Point, sampled, scatter
from dashboard.ui.milestone_marks import milestone_marks
from dashboard.ui.panels import did_not_load
from dashboard.ui.parts import Link, Strip
from dashboard.ui.run_strips import run_strip
from dashboard.ui.svg.outcomes import by_status
from dashboard.ui.text import numbers, times
from dashboard.ui.url_state import PageState
from ingest.contract import NOT_PASSED

LAST, LAST_ON_PHONES = 120, 60
# The table tells the newest; the list behind its link has all.
ROWS = 100
# The part of the chart's width that the label of a milestone takes.
LABEL_WIDTH = 0.13


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionsCard(Card):
    """`drawn` of them in all are in the `chart`, which comes from
    dashboard.ui.charts.scatter; `rows` are the newest executions.
    Phones show the end of the strip.
    """

    total: int = 0
    drawn: int = 0
    label: str = ""
    chart: Mapping[str, Any] = field(default_factory=dict)
    strip: Strip = Strip(cells=())
    strip_text: str = ""
    phone_text: str = ""


def executions_card(data: PageData) -> ExecutionsCard:
    every = data.executions
    if every is None:
        return ExecutionsCard(empty=did_not_load("chart", data.state.href))
    points = [_point(data.state, one) for one in every]
    drawn = sampled(points)
    last = data.automated[-LAST:]
    return ExecutionsCard(
        total=len(points),
        drawn=len(drawn),
        label=_label(data),
        chart=_chart(data, [*drawn, *_retried(data.state, every)], every),
        strip=run_strip(last, data.clock, slots=LAST),
        strip_text=_strip_text(last),
        phone_text=_strip_text(last[-LAST_ON_PHONES:]),
        rows=every[-ROWS:][::-1],
        more=Link(
            text=f"All {numbers.count(len(points))} results",
            href=links.results(data.state.filters),
        )
        if len(points) > ROWS
        else None,
    )


def _label(data: PageData) -> str:
    counts, duration = data.counts, data.duration
    bad = counts.failed + counts.error
    median = f", median {times.duration(duration.p50_ms)}" if duration else ""
    return (
        f"{numbers.plural(counts.total, 'execution')} by time and duration, "
        f"{numbers.count(bad)} did not pass{median}"
    )


def _point(state: PageState, one: Execution) -> Point:
    return Point(
        at=one.at.astimezone(state.zone),
        outcome=by_status(one.status).key,
        duration_ms=one.duration_ms,
        result=one.result,
    )


def _retried(state: PageState, every: Sequence[Execution]) -> list[Point]:
    """The attempts that did not pass and were run again, the newest where many are."""
    points = [
        Point(
            at=attempt.at.astimezone(state.zone),
            outcome=RETRIED,
            duration_ms=attempt.duration_ms,
            result=one.result_of(attempt),
        )
        for one in every
        for attempt in one.repeated
        if attempt.status in NOT_PASSED
    ]
    return points[-MOST_POINTS:]


def _chart(
    data: PageData, points: Sequence[Point], every: Sequence[Execution]
) -> dict[str, object]:
    window, zone = data.window, data.state.zone
    since = window.since
    if every and since == BEGINNING:
        # "Until" alone has no first day of its own.
        since = every[0].at - timedelta(days=1)
    days = max((window.until - since).days, 1)
    marks = milestone_marks(data.milestones, days, LABEL_WIDTH)
    return scatter(
        points,
        since=since.astimezone(zone),
        until=window.until.astimezone(zone),
        milestones=[mark for mark in marks if mark.day >= since.date()],
    )


def _strip_text(last: Sequence[Execution]) -> str:
    if not last:
        return "No automated result in this time"
    said = letters(last)
    bad, retried = said.count("F") + said.count("E"), said.count("R")
    text = f"{bad} of the last {numbers.plural(len(last), 'result')} did not pass"
    return f"{text}, {retried} passed on retry" if retried else text
