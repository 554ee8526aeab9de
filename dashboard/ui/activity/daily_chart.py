"""The chart of daily outcomes, and the same rows as a table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from dashboard.metrics.rates import Rate
from dashboard.ui import links
from dashboard.ui.activity.page_data import ActivityData
from dashboard.ui.charts.daily import DayOutcomes, daily_outcomes
from dashboard.ui.milestone_marks import milestone_marks
from dashboard.ui.number_links import counted, rated
from dashboard.ui.panels import did_not_load
from dashboard.ui.parts import EmptyState, Number, Switch
from dashboard.ui.text import numbers, times
from dashboard.ui.url_state import VIEW, PageState

NOT_PASSED = "not-passed"
VIEWS = {"": "All", NOT_PASSED: "Not passed"}
DRAWN = ("failed", "error", "blocked", "skipped", "passed")
COLUMNS = ("Day", "Pass rate", *(status.capitalize() for status in DRAWN))
# The part of the chart's width that the label of a milestone takes.
LABEL_WIDTH = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartCard:
    """A Plotly chart, `height` in px, and its rows as a table, a number a column."""

    title: str
    subtitle: str
    label: str
    chart: Mapping[str, Any]
    rows: tuple[tuple[Number, ...], ...]
    switches: tuple[Switch, ...]
    height: int
    empty: EmptyState | None
    columns: tuple[str, ...] = COLUMNS
    key: str = "daily"


def chart_card(
    activity: ActivityData,
    *,
    title: str,
    height: int,
    before: str = "",
    label_width: float = LABEL_WIDTH,
    empty: EmptyState | None = None,
) -> ChartCard:
    """`before` stands before the number of results."""
    state, days = activity.state, activity.days
    if activity.now is None:
        empty = did_not_load("chart", state.href)
    address = links.day_results(activity.filters, activity.window)
    outcomes = _outcomes(activity, address)
    rates = [numbers.percent(day.rate) for day in outcomes if day.rate is not None]
    last = f", {rates[-1]} on the last day" if rates else ""
    reach = times.day_range(days[0], days[-1])
    marks = milestone_marks(activity.milestones or (), len(days), label_width)
    is_narrowed = state.own.get(VIEW) == NOT_PASSED
    return ChartCard(
        title=title,
        subtitle=f"{before}{_subtitle(activity)}",
        label=f"Pass rate and results per day from {reach}{last}",
        chart=daily_outcomes(outcomes, only_not_passed=is_narrowed, milestones=marks),
        rows=tuple(_row(day, address) for day in outcomes if day.total),
        switches=_switches(state),
        height=height,
        empty=empty,
    )


def _subtitle(activity: ActivityData) -> str:
    results = numbers.plural(activity.counts.total, "result")
    without = activity.without
    if without is None or not without.results:
        return results
    runs = numbers.plural(without.runs, "run")
    return f"{results}, {numbers.count(without.results)} of them in {runs} without rows"


def _switches(state: PageState) -> tuple[Switch, ...]:
    current = state.own.get(VIEW, "")
    return tuple(
        Switch(text=text, href=state.with_own(view=view), is_current=view == current)
        for view, text in VIEWS.items()
    )


def _outcomes(activity: ActivityData, address: Callable[..., str]) -> list[DayOutcomes]:
    return [
        DayOutcomes(
            day=day,
            href=address(day),
            **{status: getattr(counts, status) for status in DRAWN},
        )
        for day, counts in activity.by_day.items()
    ]


def _row(shown: DayOutcomes, address: Callable[..., str]) -> tuple[Number, ...]:
    day, rate = shown.day, Rate.of(shown.passed, shown.decided)
    return (
        Number(text=times.weekday(day), href=shown.href),
        rated(rate, address(day, links.DECIDED_WORDS)),
        *(
            counted(status, getattr(shown, status), address(day, (status,)))
            for status in DRAWN
        ),
    )
