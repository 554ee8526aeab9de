"""The chart of daily outcomes, and the same rows as a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from dashboard.metrics.rates import pass_rate
from dashboard.ui import links
from dashboard.ui.activity.page_data import ActivityData
from dashboard.ui.charts.daily import DayOutcomes, daily_outcomes
from dashboard.ui.milestone_marks import milestone_marks
from dashboard.ui.number_links import counted, rated
from dashboard.ui.panels import did_not_load
from dashboard.ui.parts import EmptyState, Number, Switch
from dashboard.ui.text import numbers, times
from dashboard.ui.url_state import VIEW
from ingest.contract import Counts

NOT_PASSED = "not-passed"
VIEWS = (NOT_PASSED,)
COLUMNS = ("Day", "Pass rate", "Failed", "Error", "Blocked", "Skipped", "Passed")
DRAWN = ("failed", "error", "blocked", "skipped", "passed")
# The part of the chart's width that the label of a milestone takes.
LABEL_WIDTH = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartCard:
    """A Plotly chart: `chart` comes from dashboard.charts, `columns` and `rows` are the
    same rows as a table; a row's first text links to the day's results.
    """

    key: str
    title: str
    subtitle: str
    label: str
    chart: Mapping[str, Any]
    columns: tuple[str, ...]
    rows: tuple[tuple[Number, ...], ...]
    switches: tuple[Switch, ...] = ()
    height: int = 372
    empty: EmptyState | None = None


def chart_card(
    found: ActivityData,
    *,
    title: str,
    height: int,
    before: str = "",
    label_width: float = LABEL_WIDTH,
    empty: EmptyState | None = None,
) -> ChartCard:
    """`before` stands before the number of results."""
    state = found.state
    if found.now is None:
        empty = did_not_load("chart", state.href)
    days = [_day(found, day) for day in found.days]
    decided = [row for row in days if row.rate is not None]
    last = f", {numbers.percent(decided[-1].rate)} on the last day" if decided else ""
    reach = times.day_range(found.days[0], found.days[-1])
    return ChartCard(
        key="daily",
        title=title,
        subtitle=f"{before}{_subtitle(found)}",
        label=f"Pass rate and results per day from {reach}{last}",
        chart=daily_outcomes(
            days,
            only_not_passed=state.own.get(VIEW) == NOT_PASSED,
            milestones=milestone_marks(
                found.milestones or (), len(found.days), label_width
            ),
        ),
        columns=COLUMNS,
        rows=tuple(_row(found, row) for row in days if row.total),
        switches=_switches(found),
        height=height,
        empty=empty,
    )


def _subtitle(found: ActivityData) -> str:
    results = numbers.plural(found.counts.total, "result")
    without = found.without
    if without is None or not without.results:
        return results
    runs = numbers.plural(without.runs, "run")
    return f"{results}, {numbers.count(without.results)} of them in {runs} without rows"


def _switches(found: ActivityData) -> tuple[Switch, ...]:
    view = found.state.own.get(VIEW, "")
    return (
        Switch(text="All", href=found.state.with_own(view=""), is_current=not view),
        Switch(
            text="Not passed",
            href=found.state.with_own(view=NOT_PASSED),
            is_current=view == NOT_PASSED,
        ),
    )


def _day(found: ActivityData, day: date) -> DayOutcomes:
    counts = found.by_day.get(day, Counts())
    return DayOutcomes(
        day=day,
        passed=counts.passed,
        failed=counts.failed,
        error=counts.error,
        blocked=counts.blocked,
        skipped=counts.skipped,
        href=found.day_door(day),
    )


def _row(found: ActivityData, row: DayOutcomes) -> tuple[Number, ...]:
    door, day = found.day_door, row.day
    return (
        Number(text=times.weekday(day), href=row.href),
        rated(pass_rate(found.by_day[day]), door(day, links.DECIDED_WORDS)),
        *(
            counted(status, getattr(row, status), door(day, (status,)))
            for status in DRAWN
        ),
    )
