"""A milestone's burn-up, drawn: in scope, finished, passed, and what is foreseen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from dashboard.metrics.milestones import BandDay, BurnUpDay
from dashboard.ui.charts.burn_up import TICKS
from dashboard.ui.charts.parts import ticks_to
from dashboard.ui.pictures.axes import Pane, day_names, grid, line
from dashboard.ui.pictures.colours import Theme
from dashboard.ui.pictures.frame import BOTTOM, SIDE, TOP, WIDTH, Caption, empty, framed
from dashboard.ui.pictures.letters import text, width
from dashboard.ui.pictures.marks import flag
from dashboard.ui.text.numbers import count
from dashboard.ui.text.times import day as day_text


@dataclass(frozen=True, slots=True, kw_only=True)
class BurnUp:
    """Oldest day first. `is_over`: the last day of the past is not today."""

    past: Sequence[BurnUpDay]
    future: Sequence[BandDay] = ()
    due: date | None = None
    is_over: bool = False

    @property
    def days(self) -> list[date]:
        past = [row.day for row in self.past]
        return past + [row.day for row in self.future]

    @property
    def scopes(self) -> list[int]:
        past = [row.scope for row in self.past]
        return past + [row.scope for row in self.future]


def burn_up_svg(chart: BurnUp, caption: Caption, theme: Theme) -> str:
    if not chart.past:
        return empty(caption, "No test is in scope yet.", theme)
    pane, ticks = _pane(chart)
    plot = (
        _tint(chart.due, pane)
        + grid(pane, [(tick, count(tick)) for tick in ticks])
        + _band(chart, pane)
        + _passed(chart.past, pane)
        + _lines(chart, pane)
        + _uprights(chart, pane)
        + _labels(chart.past[-1], pane)
        + day_names(pane, pane.bottom + 18)
    )
    return framed(caption, plot, _legend(chart), theme)


def _pane(chart: BurnUp) -> tuple[Pane, list[int]]:
    first, last = chart.days[0], chart.days[-1]
    ticks = ticks_to(max(chart.scopes) or 1, TICKS)
    # A due day after this would leave the lines no room.
    farthest = last + max((last - first) // 2, timedelta(days=14))
    if chart.due and last < chart.due <= farthest:
        last = chart.due
    last += timedelta(days=max(1, (last - first).days // 40))
    pane = Pane(
        left=SIDE + 44,
        right=WIDTH - SIDE,
        top=TOP + 20,
        bottom=BOTTOM - 22,
        first=first,
        last=last,
        low=0,
        high=ticks[-1],
    )
    return pane, ticks


def _lines(chart: BurnUp, pane: Pane) -> str:
    steps: list[tuple[float, float]] = []
    for day, scope in zip(chart.days, chart.scopes, strict=True):
        if steps:
            steps.append((pane.x(day), steps[-1][1]))
        steps.append((pane.x(day), pane.y(scope)))
    decided = [(pane.x(row.day), pane.y(row.decided)) for row in chart.past]
    return line(steps, "ink", 1.5) + line(
        decided, "run", 1.5, ' stroke-dasharray="1 3"'
    )


def _passed(past: Sequence[BurnUpDay], pane: Pane) -> str:
    points = [(pane.x(row.day), pane.y(row.passed)) for row in past]
    (first, _), (last, y) = points[0], points[-1]
    drawn = "L".join(f"{x:.1f} {height:.1f}" for x, height in points)
    area = f'<path d="M{first:.1f} {pane.bottom:g}L{drawn}L{last:.1f} {pane.bottom:g}z"'
    dot = f'<circle cx="{last:.1f}" cy="{y:.1f}" r="4.5" fill="var(--pass)"'
    return (
        f'{area} fill="var(--pass)" fill-opacity=".07"/>{line(points, "pass", 2.5)}'
        f'{dot} stroke="var(--surface)" stroke-width="2"/>'
    )


def _band(chart: BurnUp, pane: Pane) -> str:
    if not chart.future:
        return ""
    last = chart.past[-1]
    start = (pane.x(last.day), pane.y(last.passed))
    low = [start, *((pane.x(row.day), pane.y(row.low)) for row in chart.future)]
    high = [start, *((pane.x(row.day), pane.y(row.high)) for row in chart.future)]
    middle = [start, *((pane.x(row.day), pane.y(row.middle)) for row in chart.future)]
    around = "L".join(f"{x:.1f} {y:.1f}" for x, y in [*low, *reversed(high)])
    band = f'<path d="M{around}z" fill="var(--pass)" fill-opacity=".24"/>'
    return band + line(middle, "pass", 1.75, ' stroke-dasharray="4 4"')


def _tint(due: date | None, pane: Pane) -> str:
    if due is None or not pane.first <= due <= pane.last:
        return ""
    x = pane.x(due)
    return (
        f'<rect x="{x:.1f}" y="{pane.top:g}" width="{pane.right - x:.1f}" '
        f'height="{pane.bottom - pane.top:g}" fill="var(--flaky)" fill-opacity=".07"/>'
    )


def _uprights(chart: BurnUp, pane: Pane) -> str:
    drawn, today = "", chart.past[-1].day
    due = chart.due if chart.due and pane.first <= chart.due <= pane.last else None
    if due:
        drawn += _upright(pane, due, "ink", "") + _due_label(due, pane)
    if not chart.is_over:
        drawn += _upright(pane, today, "ink-3", ' stroke-dasharray="2 3"')
        if due is None or abs(pane.x(due) - pane.x(today)) > 120:
            x, y = pane.x(today), pane.top - 8
            drawn += text(x, y, "today", 12, colour="ink-2", anchor="middle")
    return drawn


def _upright(pane: Pane, day: date, colour: str, dash: str) -> str:
    x = pane.x(day)
    return (
        f'<path d="M{x:.1f} {pane.top:g}V{pane.bottom:g}" stroke="var(--{colour})" '
        f'stroke-width="1.25"{dash}/>'
    )


def _due_label(due: date, pane: Pane) -> str:
    words = f"due {day_text(due)}"
    wide = width(words, 12, 600) + 14
    left = min(max(pane.x(due) - wide / 2, pane.left), pane.right - wide)
    y = pane.top - 8
    return flag(left, y + 1, "ink") + text(left + 12, y, words, 12, weight=600)


def _labels(last: BurnUpDay, pane: Pane) -> str:
    """What was reached, to the side of the dot that has room."""
    words = f"{count(last.passed)} of {count(last.scope)} passed"
    x, y = pane.x(last.day), pane.y(last.passed)
    y = y + 20 if y + 26 < pane.bottom else y - 12
    if pane.right - x > width(words, 13, 600) + 16:
        return text(x + 9, y, words, 13, weight=600, colour="pass-t")
    return text(x - 9, y, words, 13, weight=600, colour="pass-t", anchor="end")


def _legend(chart: BurnUp) -> list[tuple[str, str]]:
    def sign(colour: str, stroke: float, dash: str = "") -> str:
        return (
            f'<path d="M0 6.5H14" stroke="var(--{colour})" stroke-width="{stroke:g}"'
            f"{dash}/>"
        )

    signs = [
        (sign("ink", 1.5), "In scope"),
        (sign("run", 1.5, ' stroke-dasharray="1 3"'), "Finished"),
        (sign("pass", 2.5), "Passed"),
    ]
    if chart.future:
        band = (
            '<rect y="2" width="14" height="9" fill="var(--pass)" fill-opacity=".24"/>'
        )
        signs.append((band, "Forecast, 10 to 90 %"))
    return signs
