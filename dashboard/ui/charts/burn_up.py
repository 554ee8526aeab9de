"""A milestone's burn-up: in scope, finished, passed, and what is foreseen."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from dashboard.metrics.milestones import BandDay, BurnUpDay, ScopeAdded
from dashboard.ui.charts.burn_up_labels import labels
from dashboard.ui.charts.parts import FONT, Figure, axis, ticks_to
from dashboard.ui.text.numbers import count
from dashboard.ui.text.times import weekday

AIR = 1.09
TICKS = 6


def burn_up_figure(
    past: Sequence[BurnUpDay],
    future: Sequence[BandDay] = (),
    *,
    due: date | None = None,
    growth: ScopeAdded | None = None,
    is_over: bool = False,
) -> Figure:
    """Oldest day first. Gives {"data", "layout", "days"} like every chart; `days` are
    read out under it. `is_over`: the last day is not today.
    """
    if not past:
        return {"data": [], "layout": {}, "days": []}
    return {
        "data": _lines(past, future),
        "layout": _layout(past, future, due, growth, is_over),
        "days": [_said(row) for row in past] + [_foreseen(row) for row in future],
    }


def _lines(past: Sequence[BurnUpDay], future: Sequence[BandDay]) -> list[Figure]:
    x, last = [row.day.isoformat() for row in past], past[-1]
    passed = [row.passed for row in past]
    # The first trace has every day: the readout finds its row by it.
    every = x + [row.day.isoformat() for row in future]
    scope = [row.scope for row in past] + [row.scope for row in future]
    return [
        _line("In scope", every, scope, "var(--ink)", 1.5, shape="hv"),
        *(_band(last, future) if future else []),
        _line(
            "Finished", x, [row.decided for row in past], "var(--run)", 1.5, "1px,2px"
        ),
        _line("Passed", x, passed, "var(--pass)", 2.5)
        | {"fill": "tozeroy", "fillcolor": "var(--pass, 7%)"},
        _dot(last),
    ]


def _line(
    name: str,
    x: list[str],
    y: list[int],
    colour: str,
    width: float,
    dash: str = "solid",
    shape: str = "linear",
) -> Figure:
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": x,
        "y": y,
        "line": {"color": colour, "width": width, "dash": dash, "shape": shape},
        "hoverinfo": "none",
    }


def _band(last: BurnUpDay, future: Sequence[BandDay]) -> list[Figure]:
    x = [last.day.isoformat(), *(row.day.isoformat() for row in future)]
    now = last.passed
    low = _line("10 %", x, [now, *(row.low for row in future)], "var(--pass)", 0)
    high = _line("90 %", x, [now, *(row.high for row in future)], "var(--pass)", 0)
    middle = [now, *(row.middle for row in future)]
    return [
        low,
        high | {"fill": "tonexty", "fillcolor": "var(--pass, 24%)"},
        _line("Forecast", x, middle, "var(--pass)", 1.75, "4px,3px"),
    ]


def _dot(last: BurnUpDay) -> Figure:
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [last.day.isoformat()],
        "y": [last.passed],
        "marker": {
            "size": 8,
            "color": "var(--pass)",
            "line": {"color": "var(--surface)", "width": 2},
        },
        "hoverinfo": "skip",
    }


def _layout(
    past: Sequence[BurnUpDay],
    future: Sequence[BandDay],
    due: date | None,
    growth: ScopeAdded | None,
    is_over: bool,
) -> Figure:
    first, last = past[0].day, (future[-1].day if future else past[-1].day)
    top = max([row.scope for row in past] + [row.scope for row in future]) or 1
    due = due if due is not None and first <= due <= _farthest(first, last) else None
    end = max(last, due) if due else last
    end += timedelta(days=max(1, (end - first).days // 40))
    ticks = ticks_to(top, TICKS)
    return {
        "font": FONT,
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "margin": {"l": 52, "r": 28, "t": 26, "b": 28},
        "showlegend": False,
        "dragmode": False,
        "hovermode": "x",
        "separators": ".,",
        "xaxis": axis(
            type="date",
            range=[f"{first - timedelta(days=1)} 08:00", end.isoformat()],
            showgrid=False,
            tickformat="%-d %b",
            nticks=8,
        ),
        "yaxis": axis(
            range=[0, max(AIR * top, ticks[-1])],
            tickvals=ticks,
            ticktext=[count(t) for t in ticks],
        ),
        "shapes": [
            *([] if is_over else [_upright(past[-1].day, "2px,3px", "var(--ink-3)")]),
            *([_upright(due, "solid", "var(--ink)"), _tint(due, end)] if due else []),
        ],
        "annotations": labels(past, future, due, growth, end, is_over=is_over),
    }


def _farthest(first: date, last: date) -> date:
    """A due day after this would leave the lines no room."""
    return last + max((last - first) // 2, timedelta(days=14))


def _upright(at: date, dash: str, colour: str) -> Figure:
    return {
        "type": "line",
        "xref": "x",
        "yref": "paper",
        "x0": at.isoformat(),
        "x1": at.isoformat(),
        "y0": 0,
        "y1": 1,
        "line": {"color": colour, "width": 1.25, "dash": dash},
    }


def _tint(due: date, end: date) -> Figure:
    return {
        "type": "rect",
        "xref": "x",
        "yref": "paper",
        "x0": due.isoformat(),
        "x1": end.isoformat(),
        "y0": 0,
        "y1": 1,
        "fillcolor": "var(--flaky, 7%)",
        "line": {"width": 0},
        "layer": "below",
    }


def _said(row: BurnUpDay) -> Figure:
    return {
        "d": weekday(row.day),
        "scope": count(row.scope),
        "finished": count(row.decided),
        "passed": count(row.passed),
        "forecast": "",
        "href": "",
    }


def _foreseen(row: BandDay) -> Figure:
    return {
        "d": weekday(row.day),
        "scope": count(row.scope),
        "finished": "",
        "passed": "",
        "forecast": f"{count(row.low)} to {count(row.high)}",
        "href": "",
    }
