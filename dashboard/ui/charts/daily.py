"""Results by day: the pass rate above, what they came to below."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from html import escape
from math import ceil, floor

from dashboard.ui.charts.parts import (
    FONT,
    Figure,
    MilestoneMark,
    axis,
    flag,
    flag_line,
    ticks_to,
)
from dashboard.ui.svg.outcomes import OUTCOMES, Outcome
from dashboard.ui.text.numbers import count, percent
from dashboard.ui.text.times import weekday

TICKS = 4
_QUIET = frozenset({"skipped", "passed"})
# From the axis upwards; what is not finished is not drawn.
_STACK = tuple(outcome for outcome in OUTCOMES if outcome.key != "unfinished")


@dataclass(frozen=True, slots=True, kw_only=True)
class DayOutcomes:
    """Final results of one UTC day by outcome; `href` opens them."""

    day: date
    passed: int = 0
    failed: int = 0
    error: int = 0
    blocked: int = 0
    skipped: int = 0
    # An address moves on with the window, and makes no other day of it.
    href: str = field(default="", compare=False)

    @property
    def decided(self) -> int:
        return self.passed + self.failed + self.error

    @property
    def total(self) -> int:
        return self.decided + self.blocked + self.skipped

    @property
    def rate(self) -> float | None:
        """passed / (passed + failed + error), None on a day without any."""
        return self.passed / self.decided if self.decided else None


def daily_outcomes(
    days: Sequence[DayOutcomes],
    *,
    only_not_passed: bool = False,
    milestones: Sequence[MilestoneMark] = (),
) -> Figure:
    """Pass rate above, stacked results below, one x axis; oldest day first.

    Gives {"data", "layout", "days"}: `days` is what the legend reads out for a day and
    the address that its bar opens. A day without results is a gap. Without any day
    "data" is empty.
    """
    if not days:
        return {"data": [], "layout": {}, "days": []}
    x = [row.day.isoformat() for row in days]
    bars = _bars(x, days, only_not_passed)
    stacks = zip(*(bar["y"] for bar in bars), strict=True)
    highest = max((sum(value or 0 for value in stack) for stack in stacks), default=0)
    return {
        "data": [*bars, *_rate_line(x, days)],
        "layout": _layout(days, milestones, highest),
        "days": [_readout(row) for row in days],
    }


def _bars(
    x: list[str], days: Sequence[DayOutcomes], only_not_passed: bool
) -> list[Figure]:
    drawn = [o for o in _STACK if not (only_not_passed and o.key in _QUIET)]
    return [
        {
            "type": "bar",
            "name": outcome.word,
            "x": x,
            "y": [_value(row, outcome) for row in days],
            "marker": _marker(outcome),
            "hoverinfo": "none",
        }
        for outcome in drawn
        if any(_value(row, outcome) for row in days)
    ]


def _value(row: DayOutcomes, outcome: Outcome) -> int | None:
    value: int = getattr(row, outcome.key)
    return value if row.total else None


def _marker(outcome: Outcome) -> Figure:
    colour = f"var(--{outcome.css})"
    if outcome.key == "passed":
        return {"color": "var(--pass-soft)", "line": {"color": colour, "width": 1}}
    if outcome.key == "blocked":
        return {"color": "var(--surface)", "line": {"color": colour, "width": 1.2}}
    if outcome.key == "error":
        pattern = {"shape": "/", "size": 4, "solidity": 0.45}
        paint = {"fgcolor": "var(--surface)", "bgcolor": colour}
        return {"color": colour, "pattern": pattern | paint}
    return {"color": colour}


def _rate_line(x: list[str], days: Sequence[DayOutcomes]) -> list[Figure]:
    rates = [None if row.rate is None else 100 * row.rate for row in days]
    line = {
        "type": "scatter",
        "mode": "lines",
        "name": "Pass rate",
        "x": x,
        "y": rates,
        "yaxis": "y2",
        "line": {"color": "var(--ink)", "width": 2, "shape": "linear"},
        "hoverinfo": "none",
    }
    lonely = [
        i for i, rate in enumerate(rates) if rate is not None and _is_alone(rates, i)
    ]
    last = max((i for i, rate in enumerate(rates) if rate is not None), default=None)
    dots = sorted({*lonely, *([] if last is None else [last])})
    return [line, _dots([x[i] for i in dots], [rates[i] for i in dots])]


def _is_alone(rates: Sequence[float | None], index: int) -> bool:
    before = rates[index - 1] if index else None
    after = rates[index + 1] if index + 1 < len(rates) else None
    return before is None and after is None


def _dots(x: list[str], y: list[float | None]) -> Figure:
    return {
        "type": "scatter",
        "mode": "markers",
        "x": x,
        "y": y,
        "yaxis": "y2",
        "marker": {"size": 7, "color": "var(--ink)"},
        "hoverinfo": "skip",
    }


def _layout(
    days: Sequence[DayOutcomes], milestones: Sequence[MilestoneMark], highest: int
) -> Figure:
    ticks = ticks_to(highest, TICKS)
    low, high, step = rate_range([row.rate for row in days])
    shown = list(range(ceil(low / step) * step, high + 1, step))
    # Set by hand: the end label would stretch an automatic range.
    span = [_hours(days[0].day, -15), _hours(days[-1].day, 15)]
    marks = [mark for mark in milestones if days[0].day <= mark.day <= days[-1].day]
    return {
        "font": FONT,
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "margin": {"l": 48, "r": 56, "t": 26, "b": 26},
        "showlegend": False,
        "dragmode": False,
        "barmode": "stack",
        "bargap": 0.28,
        "hovermode": "x",
        "separators": ".,",
        "xaxis": axis(
            type="date",
            range=span,
            showgrid=False,
            tickformat="%-d %b",
            nticks=8,
            anchor="y",
        ),
        "yaxis": axis(
            domain=[0, 0.58], range=[0, ticks[-1]], tickvals=ticks, tickformat="~s"
        ),
        "yaxis2": axis(
            domain=[0.7, 0.985],
            range=[low, high],
            tickvals=shown,
            ticktext=[f"{value}%" for value in shown],
            anchor="x",
        ),
        "annotations": [
            *_titles(),
            *_end_label(days),
            *(_flag(mark, days) for mark in marks),
        ],
        "shapes": [flag_line(mark) for mark in marks],
    }


def rate_range(rates: Sequence[float | None]) -> tuple[int, int, int]:
    """(low, high, step) of the rate axis in per cent: a point of air on each side,
    ticks every 2 points, 5 above a range of 12, 20 above 40.
    """
    known = [100 * rate for rate in rates if rate is not None] or [100.0]
    low = max(floor(min(known) - 1), 0)
    high = min(ceil(max(known) + 1), 100)
    step = 2 if high - low <= 12 else 5 if high - low <= 40 else 20
    return low, high, step


def _hours(day: date, hours: int) -> str:
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return f"{midnight + timedelta(hours=hours):%Y-%m-%d %H:%M}"


def _titles() -> list[Figure]:
    return [_title("Pass rate", 1.01), _title("Results per day", 0.605)]


def _title(text: str, y: float) -> Figure:
    return {
        "xref": "paper",
        "yref": "paper",
        "x": 0,
        "y": y,
        "xanchor": "left",
        "yanchor": "bottom",
        "xshift": -34,
        "text": text,
        "showarrow": False,
        "font": {"size": 12, "color": "var(--ink-3)"},
    }


def _end_label(days: Sequence[DayOutcomes]) -> list[Figure]:
    decided = [row for row in days if row.rate is not None]
    if not decided:
        return []
    last = decided[-1]
    rate = last.rate or 0.0
    return [
        {
            "x": last.day.isoformat(),
            "y": 100 * rate,
            "xref": "x",
            "yref": "y2",
            "text": f"<b>{escape(percent(rate))}</b>",
            "showarrow": False,
            "xanchor": "left",
            "xshift": 8,
            "font": {"size": 12, "color": "var(--ink)"},
        }
    ]


def _flag(mark: MilestoneMark, days: Sequence[DayOutcomes]) -> Figure:
    # Beside its line near the left edge, where the pane's title stands.
    span = max((days[-1].day - days[0].day).days, 1)
    is_early = (mark.day - days[0].day).days < span * 0.2
    return flag(mark) | {"xanchor": "left" if is_early else "center"}


def _readout(row: DayOutcomes) -> Figure:
    words = {
        outcome.css: count(getattr(row, outcome.key)) if row.total else ""
        for outcome in _STACK
    }
    rate = percent(row.rate) if row.rate is not None else "no results"
    return {"d": weekday(row.day), "rate": rate, "href": row.href} | words
