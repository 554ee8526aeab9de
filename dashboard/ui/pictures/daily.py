"""The chart of daily outcomes, drawn: pass rate above, what results came to below."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from math import ceil

from dashboard.ui.charts.daily import TICKS, DayOutcomes, rate_range
from dashboard.ui.charts.parts import MilestoneMark, ticks_to
from dashboard.ui.pictures.axes import Pane, day_names, grid, line
from dashboard.ui.pictures.colours import Theme
from dashboard.ui.pictures.frame import BOTTOM, SIDE, TOP, WIDTH, Caption, empty, framed
from dashboard.ui.pictures.letters import clean, fitted, text, width
from dashboard.ui.pictures.marks import flag, state
from dashboard.ui.svg.outcomes import OUTCOMES, Outcome
from dashboard.ui.text.numbers import count_parts, percent

_STACK = tuple(outcome for outcome in OUTCOMES if outcome.key != "unfinished")
_LEFT, _RIGHT = SIDE + 44, WIDTH - SIDE - 56
_GAP = 0.28


def daily_svg(
    days: Sequence[DayOutcomes],
    milestones: Sequence[MilestoneMark],
    caption: Caption,
    theme: Theme,
) -> str:
    """Oldest day first; a day without results is a gap."""
    if not any(day.total for day in days):
        return empty(caption, "No results in this time.", theme)
    low, high, step = rate_range([day.rate for day in days])
    ticks = ticks_to(max(day.total for day in days), TICKS)
    rates, bars = _panes(days, (low, high), ticks[-1])
    shown = range(ceil(low / step) * step, high + 1, step)
    plot = (
        grid(rates, [(value, f"{value}%") for value in shown])
        + grid(bars, [(tick, _short(tick)) for tick in ticks])
        + text(SIDE, TOP + 6, "Pass rate", 12, colour="ink-3")
        + text(SIDE, bars.top - 13, "Results per day", 12, colour="ink-3")
        + "".join(_bar(bars, day) for day in days if day.total)
        + "".join(
            _mark(mark, rates, bars) for mark in milestones if _is_in(mark, rates)
        )
        + _rate_line(rates, days)
        + day_names(bars, bars.bottom + 18)
    )
    return framed(caption, plot, _legend(days), theme)


def _panes(
    days: Sequence[DayOutcomes], reach: tuple[int, int], top: int
) -> tuple[Pane, Pane]:
    first, last = days[0].day, days[-1].day
    rates = Pane(
        left=_LEFT,
        right=_RIGHT,
        top=TOP + 20,
        bottom=TOP + 100,
        first=first,
        last=last,
        low=reach[0],
        high=reach[1],
    )
    bars = Pane(
        left=_LEFT,
        right=_RIGHT,
        top=TOP + 138,
        bottom=BOTTOM - 22,
        first=first,
        last=last,
        low=0,
        high=top,
    )
    return rates, bars


def _short(number: int) -> str:
    return "".join(f"{figure}{unit}" for figure, unit in count_parts(number)).replace(
        ".0k", "k"
    )


def _bar(pane: Pane, day: DayOutcomes) -> str:
    wide = pane.column * (1 - _GAP)
    left, below, drawn = pane.x(day.day) - wide / 2, 0, ""
    for outcome in _STACK:
        value = getattr(day, outcome.key)
        top, foot = pane.y(below + value), pane.y(below)
        if value:
            drawn += _part(outcome, left, top, wide, foot - top)
        below += value
    return drawn


def _part(outcome: Outcome, x: float, y: float, wide: float, tall: float) -> str:
    colour, box = f"var(--{outcome.css})", f'x="{x:.1f}" width="{wide:.1f}"'
    solid = f'<rect {box} y="{y:.1f}" height="{tall:.1f}" fill="{colour}"/>'
    if outcome.key == "passed":
        # Passed is quiet: a soft surface with an edge on top.
        soft = solid.replace(colour, "var(--pass-soft)")
        return f'{soft}<rect {box} y="{y:.1f}" height="1" fill="{colour}"/>'
    if outcome.key == "blocked":
        inner = (
            f'x="{x + 0.6:.1f}" width="{max(wide - 1.2, 0.1):.1f}" y="{y + 0.6:.1f}"'
        )
        tall = max(tall - 1.2, 0.1)
        paint = f'fill="var(--surface)" stroke="{colour}" stroke-width="1.2"'
        return f'<rect {inner} height="{tall:.1f}" {paint}/>'
    if outcome.key == "error" and tall > 4:
        middle = y + tall * 0.5 - 1
        return f'{solid}<rect {box} y="{middle:.1f}" height="2" fill="var(--surface)"/>'
    return solid


def _rate_line(pane: Pane, days: Sequence[DayOutcomes]) -> str:
    known = [(pane.x(d.day), pane.y(100 * d.rate)) for d in days if d.rate is not None]
    if not known:
        return ""
    drawn = ""
    for has_rate, run in groupby(days, key=lambda day: day.rate is not None):
        if has_rate:
            points = [(pane.x(d.day), pane.y(100 * (d.rate or 0))) for d in run]
            drawn += line(points, "ink", 2 if len(points) > 1 else 6)
    (x, y), last = known[-1], next(d.rate for d in reversed(days) if d.rate is not None)
    dot = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="var(--ink)"/>'
    return drawn + dot + text(x + 8, y + 4, percent(last), 12, weight=600)


def _is_in(mark: MilestoneMark, pane: Pane) -> bool:
    return pane.first <= mark.day <= pane.last


def _mark(mark: MilestoneMark, rates: Pane, bars: Pane) -> str:
    x = rates.x(mark.day)
    dash = "" if mark.is_done else ' stroke-dasharray="4 3"'
    words = fitted(clean(mark.text), 12, 170)
    wide = width(words, 12) + 22
    left = min(max(x - wide / 2, rates.left + 20), rates.right - wide)
    return (
        f'<path d="M{x:.1f} {rates.top:g}V{bars.bottom:g}" stroke="var(--ink-3)"{dash}/>'
        f'<rect x="{left:.1f}" y="{TOP - 8}" width="{wide:.1f}" height="20" rx="4" '
        f'fill="var(--skip-soft)"/>{flag(left + 6, TOP + 7)}'
        f"{text(left + 16, TOP + 6, words, 12, colour='ink-2')}"
    )


def _legend(days: Sequence[DayOutcomes]) -> list[tuple[str, str]]:
    rate = '<path d="M0 6.5H14" stroke="var(--ink)" stroke-width="2"/>'
    return [(rate, "Pass rate")] + [
        (state(outcome.css, 0, 0, 13), outcome.word)
        for outcome in _STACK
        if any(getattr(day, outcome.key) for day in days)
    ]
