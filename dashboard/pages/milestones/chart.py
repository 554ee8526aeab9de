"""The burn-up of a milestone, as a chart, in one sentence and as a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dashboard.metrics.milestones import Progress, scope_added_lately
from dashboard.ui.charts.burn_up import burn_up_figure
from dashboard.ui.charts.burn_up_labels import FutureDay, Growth, PastDay
from dashboard.ui.parts import EmptyState
from dashboard.ui.text import numbers, times
from dashboard.ui.text.milestones import days_between

COLUMNS = ("Day", "In scope", "Finished", "Passed", "Expected")
LEGEND = (("scope", "In scope"), ("finished", "Finished"), ("passed", "Passed"))
# Growth that is named in the chart is at least this part of the scope.
WORTH_NAMING = 0.02
# A table of all days of a long milestone would be longer than the page.
ROWS_AT_MOST = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class LegendItem:
    """A line of the legend: `mark` is scope, finished, passed or forecast."""

    mark: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BurnUpCard:
    """`chart` comes from dashboard.charts; `rows` are the same days as a table."""

    subtitle: str
    label: str
    chart: Mapping[str, Any]
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    legend: tuple[LegendItem, ...] = ()
    empty: EmptyState | None = None


def burn_up_card(found: Progress) -> BurnUpCard:
    if not found.burn_up:
        return BurnUpCard(subtitle="", label="", chart={}, empty=_nothing(found))
    past = [
        PastDay(day=d.day, scope=d.scope, finished=d.decided, passed=d.passed)
        for d in found.burn_up
    ]
    future = _future(found)
    chart = burn_up_figure(
        past,
        future,
        due=found.due_on,
        growth=_growth(found),
        is_over=found.is_completed,
    )
    legend = [*LEGEND, *([("forecast", "Forecast")] if future else [])]
    return BurnUpCard(
        subtitle=_subtitle(found),
        label=_label(found),
        chart=chart,
        columns=COLUMNS if future else COLUMNS[:-1],
        rows=_rows(past, future),
        legend=tuple(LegendItem(mark=mark, text=text) for mark, text in legend),
    )


def _future(found: Progress) -> list[FutureDay]:
    band = found.forecast.band if found.forecast else ()
    return [
        FutureDay(day=d.day, low=d.low, middle=d.middle, high=d.high, scope=d.scope)
        for d in band
    ]


def _growth(found: Progress) -> Growth | None:
    added = scope_added_lately(found.burn_up, found.today)
    if added is None or added.most < WORTH_NAMING * found.scope:
        return None
    return Growth(day=added.most_on, tests=added.most)


def _subtitle(found: Progress) -> str:
    if found.forecast is None:
        return found.reason
    days = numbers.plural(max(len(found.burn_up) - 2, 1), "past day")
    return f"forecast from {days} drawn again into 10,000 futures, 80% band"


def _label(found: Progress) -> str:
    """The chart in one sentence."""
    last = found.burn_up[-1]
    told = (
        f"Burn-up: {numbers.count(last.passed)} of {numbers.plural(last.scope, 'test')} "
        f"passed on {times.day(last.day)}, {numbers.count(last.decided)} finished"
    )
    if found.forecast is None:
        return f"{told}."
    reach = days_between(found.forecast.p10, found.forecast.p90, found.today)
    return f"{told}; expected to be done {reach}."


def _rows(past: list[PastDay], future: list[FutureDay]) -> tuple[tuple[str, ...], ...]:
    known = [
        (
            times.weekday(row.day),
            numbers.count(row.scope),
            numbers.count(row.finished),
            numbers.count(row.passed),
            *([""] if future else []),
        )
        for row in past[-ROWS_AT_MOST:]
    ]
    expected = [
        (
            times.weekday(row.day),
            numbers.count(row.scope),
            "",
            "",
            f"{numbers.count(row.low)} to {numbers.count(row.high)}",
        )
        for row in future
    ]
    return (*known, *expected)


def _nothing(found: Progress) -> EmptyState:
    return EmptyState(title="No burn-up yet", text=found.reason, icon="milestones")
