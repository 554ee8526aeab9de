"""Where days and values lie in a drawn chart, and the grid behind them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from dashboard.ui.pictures.letters import text
from dashboard.ui.text.times import day as day_text

MOST_DAYS_NAMED = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Pane:
    """A part of the picture in px, over days and values; days lie in its columns."""

    left: float
    right: float
    top: float
    bottom: float
    first: date
    last: date
    low: float
    high: float

    @property
    def column(self) -> float:
        """How wide a day is."""
        return (self.right - self.left) / ((self.last - self.first).days + 1)

    def x(self, day: date) -> float:
        """The middle of a day."""
        return self.left + self.column * ((day - self.first).days + 0.5)

    def y(self, value: float) -> float:
        span = (self.high - self.low) or 1.0
        share = (value - self.low) / span
        return self.bottom - (self.bottom - self.top) * min(max(share, 0.0), 1.0)


def grid(pane: Pane, ticks: list[tuple[float, str]]) -> str:
    """A line and its words for each value."""
    lines = "".join(
        f'<path d="M{pane.left:g} {pane.y(value):.1f}H{pane.right:g}" '
        f'stroke="var(--line)"/>'
        for value, _ in ticks
    )
    return lines + "".join(
        text(pane.left - 8, pane.y(value) + 4, words, 12, colour="ink-3", anchor="end")
        for value, words in ticks
    )


def day_names(pane: Pane, y: float) -> str:
    """At most eight days, evenly apart."""
    days = (pane.last - pane.first).days + 1
    step = -(-days // MOST_DAYS_NAMED)
    shown = (pane.first + timedelta(days=n) for n in range(0, days, step))
    return "".join(
        text(pane.x(day), y, day_text(day), 12, colour="ink-3", anchor="middle")
        for day in shown
    )


def line(
    points: list[tuple[float, float]], colour: str, stroke: float, more: str = ""
) -> str:
    """A stroke through points; a single one is a dot."""
    drawn = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    return (
        f'<path d="M{drawn}h0" fill="none" stroke="var(--{colour})" '
        f'stroke-width="{stroke:g}" stroke-linejoin="round" stroke-linecap="round"{more}/>'
        if points
        else ""
    )
