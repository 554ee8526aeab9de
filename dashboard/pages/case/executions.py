"""Every execution of a test: the chart, the same as a table, the last outcomes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from dashboard import words
from dashboard.charts import Point, sampled, scatter
from dashboard.contexts import Link, Number, State, Strip, StripCell
from dashboard.contexts.case import ExecutionRow, ExecutionsCard
from dashboard.contexts.parts import EmptyState
from dashboard.filters.state import BEGINNING, moment_text
from dashboard.marks import by_status
from dashboard.metrics.executions import Execution
from dashboard.metrics.strips import LETTERS
from dashboard.pages import doors
from dashboard.pages.case.material import CaseMaterial
from dashboard.pages.milestone_marks import milestone_marks
from dashboard.pages.panels import did_not_load
from dashboard.pages.run_rows import run_name
from dashboard.pages.state import PageState

LAST, LAST_ON_PHONES = 120, 60
# The table tells the newest; the list behind its link has all.
ROWS = 100
# The part of the chart's width that the label of a milestone takes.
LABEL_WIDTH = 0.13


def executions_card(found: CaseMaterial) -> ExecutionsCard:
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
        return f"{words.count(every)}, by outcome and duration"
    return (
        f"{words.count(every)}, by outcome and duration; {words.count(shown)} drawn: "
        "all that did not pass and a sample of what passed"
    )


def _label(found: CaseMaterial) -> str:
    counts, duration = found.counts, found.duration
    bad = counts.failed + counts.error
    median = f", median {words.duration(duration.p50_ms)}" if duration else ""
    return (
        f"{words.plural(counts.total, 'execution')} by time and duration, "
        f"{words.count(bad)} did not pass{median}"
    )


def _point(state: PageState, one: Execution) -> Point:
    return Point(
        at=one.at.astimezone(state.zone),
        outcome=by_status(one.status).key,
        duration_ms=one.duration_ms,
        run=one.run,
    )


def _chart(
    found: CaseMaterial, points: Sequence[Point], every: Sequence[Execution]
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
            href=doors.run(one.run),
            title=f"{_moment(state, one)}, {one.status}",
        )
        for one in last
    )
    return Strip(cells=cells, slots=slots)


def _strip_text(last: Sequence[Execution]) -> str:
    bad = sum(LETTERS.get(one.status) in ("F", "E") for one in last)
    if not last:
        return "No automated result in this time"
    return f"{bad} of the last {words.plural(len(last), 'result')} did not pass"


def _row(state: PageState, one: Execution) -> ExecutionRow:
    outcome = by_status(one.status)
    return ExecutionRow(
        at=moment_text(one.at),
        moment=_moment(state, one),
        title=words.timestamp(one.at, state.zone),
        state=State(glyph=outcome.css, word=str(one.status)),
        duration=Number(
            text=words.duration(one.duration_ms),
            metric="duration_ms",
            value=one.duration_ms,
        ),
        run=Link(
            text=run_name(one.run_name, one.run_external_id), href=doors.run(one.run)
        ),
    )


def _moment(state: PageState, one: Execution) -> str:
    return words.moment(one.at, state.filters.now, state.zone)


def _all_link(found: CaseMaterial) -> Link | None:
    total = found.counts.total
    if total <= ROWS:
        return None
    text = f"All {words.count(total)} results"
    return Link(text=text, href=doors.results(found.state.filters))
