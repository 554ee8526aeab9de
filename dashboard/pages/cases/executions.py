"""Every execution of a test: the chart, the same as a table, the last outcomes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from dashboard.filters.state import BEGINNING, moment_text
from dashboard.metrics.executions import Execution
from dashboard.metrics.strips import LETTERS
from dashboard.pages.cases.page_data import PageData
from dashboard.ui import links
from dashboard.ui.charts.scatter import Point, sampled, scatter
from dashboard.ui.milestone_marks import milestone_marks
from dashboard.ui.panels import did_not_load
from dashboard.ui.parts import EmptyState, Link, Number, State, Strip
from dashboard.ui.run_rows import run_name
from dashboard.ui.svg.outcomes import by_status
from dashboard.ui.svg.strips import StripCell
from dashboard.ui.text import numbers, times
from dashboard.ui.url_state import PageState

LAST, LAST_ON_PHONES = 120, 60
# The table tells the newest; the list behind its link has all.
ROWS = 100
# The part of the chart's width that the label of a milestone takes.
LABEL_WIDTH = 0.13


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionRow:
    """A row of the table beside the chart; `at` is its time in ISO 8601."""

    at: str
    moment: str
    title: str
    state: State
    duration: Number
    run: Link


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionsCard:
    """`chart` comes from dashboard.charts.scatter; `rows` are the newest executions,
    `all_link` the list of all of them. `short` is the strip for phones.
    """

    subtitle: str
    label: str
    chart: Mapping[str, Any]
    strip: Strip
    short: Strip
    strip_text: str
    short_text: str
    rows: tuple[ExecutionRow, ...] = ()
    all_link: Link | None = None
    empty: EmptyState | None = None


def executions_card(found: PageData) -> ExecutionsCard:
    every = found.executions
    if every is None:
        return _broken(did_not_load("chart", found.state.href))
    points = [_point(found.state, one) for one in every]
    shown = sampled(points)
    last = found.automated[-LAST:]
    short = last[-LAST_ON_PHONES:]
    return ExecutionsCard(
        subtitle=_subtitle(len(points), len(shown)),
        label=_label(found),
        chart=_chart(found, shown, every),
        strip=_strip(found.state, last, LAST),
        short=_strip(found.state, short, LAST_ON_PHONES),
        strip_text=_strip_text(last),
        short_text=_strip_text(short),
        rows=tuple(_row(found.state, one) for one in reversed(every[-ROWS:])),
        all_link=_all_link(found),
    )


def _broken(empty: EmptyState) -> ExecutionsCard:
    nothing = Strip(cells=(), slots=LAST)
    return ExecutionsCard(
        subtitle="",
        label="",
        chart={},
        strip=nothing,
        short=nothing,
        strip_text="",
        short_text="",
        empty=empty,
    )


def _subtitle(every: int, shown: int) -> str:
    if shown == every:
        return f"{numbers.count(every)}, by outcome and duration"
    return (
        f"{numbers.count(every)}, by outcome and duration; {numbers.count(shown)} drawn: "
        "all that did not pass and a sample of what passed"
    )


def _label(found: PageData) -> str:
    counts, duration = found.counts, found.duration
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
        run=one.run,
    )


def _chart(
    found: PageData, points: Sequence[Point], every: Sequence[Execution]
) -> dict[str, object]:
    window, zone = found.window, found.state.zone
    since = window.since
    if every and since == BEGINNING:
        # "Until" alone has no first day of its own.
        since = every[0].at - timedelta(days=1)
    days = max((window.until - since).days, 1)
    marks = milestone_marks(found.milestones, days, LABEL_WIDTH)
    return scatter(
        points,
        since=since.astimezone(zone),
        until=window.until.astimezone(zone),
        milestones=[mark for mark in marks if mark.day >= since.date()],
    )


def _strip(state: PageState, last: Sequence[Execution], slots: int) -> Strip:
    cells = tuple(
        StripCell(
            outcome=LETTERS.get(one.status, "U"),
            href=links.run(one.run),
            title=f"{_moment(state, one)}, {one.status}",
        )
        for one in last
    )
    return Strip(cells=cells, slots=slots)


def _strip_text(last: Sequence[Execution]) -> str:
    bad = sum(LETTERS.get(one.status) in ("F", "E") for one in last)
    if not last:
        return "No automated result in this time"
    return f"{bad} of the last {numbers.plural(len(last), 'result')} did not pass"


def _row(state: PageState, one: Execution) -> ExecutionRow:
    outcome = by_status(one.status)
    return ExecutionRow(
        at=moment_text(one.at),
        moment=_moment(state, one),
        title=times.timestamp(one.at, state.zone),
        state=State(glyph=outcome.css, word=str(one.status)),
        duration=Number(
            text=times.duration(one.duration_ms),
            metric="duration_ms",
            value=one.duration_ms,
        ),
        run=Link(
            text=run_name(one.run_name, one.run_external_id), href=links.run(one.run)
        ),
    )


def _moment(state: PageState, one: Execution) -> str:
    return times.moment(one.at, state.filters.now, state.zone)


def _all_link(found: PageData) -> Link | None:
    total = found.counts.total
    if total <= ROWS:
        return None
    text = f"All {numbers.count(total)} results"
    return Link(text=text, href=links.results(found.state.filters))
