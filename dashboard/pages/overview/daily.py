"""The chart of daily outcomes, and the same rows as a table."""

from __future__ import annotations

from datetime import date

from dashboard import words
from dashboard.charts import DayOutcomes, daily_outcomes
from dashboard.contexts import ChartCard, EmptyState, Number, Switch
from dashboard.metrics.rates import pass_rate
from dashboard.pages import doors
from dashboard.pages.milestone_marks import milestone_marks
from dashboard.pages.numbers import counted, rated
from dashboard.pages.overview.material import Material
from dashboard.pages.panels import did_not_load
from dashboard.pages.state import VIEW
from ingest.contract import Counts

NOT_PASSED = "not-passed"
VIEWS = (NOT_PASSED,)
COLUMNS = ("Day", "Pass rate", "Failed", "Error", "Blocked", "Skipped", "Passed")
DRAWN = ("failed", "error", "blocked", "skipped", "passed")
# The part of the chart's width that the label of a milestone takes.
LABEL_WIDTH = 0.25


def chart_card(
    found: Material,
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
    last = f", {words.percent(decided[-1].rate)} on the last day" if decided else ""
    reach = words.day_range(found.days[0], found.days[-1])
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


def _subtitle(found: Material) -> str:
    results = words.plural(found.counts.total, "result")
    without = found.without
    if without is None or not without.results:
        return results
    runs = words.plural(without.runs, "run")
    return f"{results}, {words.count(without.results)} of them in {runs} without rows"


def _switches(found: Material) -> tuple[Switch, ...]:
    view = found.state.own.get(VIEW, "")
    return (
        Switch(text="All", href=found.state.with_own(view=""), is_current=not view),
        Switch(
            text="Not passed",
            href=found.state.with_own(view=NOT_PASSED),
            is_current=view == NOT_PASSED,
        ),
    )


def _day(found: Material, day: date) -> DayOutcomes:
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


def _row(found: Material, row: DayOutcomes) -> tuple[Number, ...]:
    door, day = found.day_door, row.day
    return (
        Number(text=words.weekday(day), href=row.href),
        rated(pass_rate(found.by_day[day]), door(day, doors.DECIDED_WORDS)),
        *(
            counted(status, getattr(row, status), door(day, (status,)))
            for status in DRAWN
        ),
    )
