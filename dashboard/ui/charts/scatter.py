"""Every execution of one test, by outcome and duration."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from dashboard.addresses import address
from dashboard.ui.charts.parts import (
    FONT,
    Figure,
    MilestoneMark,
    axis,
    flag,
    flag_line,
)
from dashboard.ui.svg.outcomes import OUTCOMES
from dashboard.ui.text.times import duration

# Above it the browser gets slow, and passed results are a cloud anyway.
MOST_POINTS = 2000
# Knots of the running median, and the least results behind each.
_KNOTS, _LEAST_OF_KNOT = 24, 5
_STEPS_S = (
    *(0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600),
    *(7200, 14400, 28800, 86400),
)
_TICKS = 4
_MARKERS: dict[str, Figure] = {
    "failed": {"symbol": "x", "size": 8, "color": "var(--fail)"},
    "retried": {"symbol": "x-open", "size": 8, "color": "var(--fail)"},
    "error": {"symbol": "triangle-up", "size": 9, "color": "var(--err)"},
    "blocked": {"symbol": "octagon-open", "size": 8, "color": "var(--block)"},
    "skipped": {
        "symbol": "line-ew-open",
        "size": 7,
        "color": "var(--skip)",
        "line": {"width": 1.5, "color": "var(--skip)"},
    },
    "passed": {
        "symbol": "circle",
        "size": 6.5,
        "color": "var(--pass-soft)",
        "line": {"width": 1, "color": "var(--pass)"},
    },
}
# Failures lie over the cloud of what passed.
_DRAWN = ("passed", "skipped", "blocked", "retried", "error", "failed")
# An attempt that did not pass and was not the last: a mark, and no outcome of its own.
RETRIED = "retried"
_WORDS = {outcome.key: outcome.word for outcome in OUTCOMES} | {
    RETRIED: "Attempt that needed a retry"
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """An execution: `at` in the reader's zone, `outcome` a key of OUTCOMES, `result` the
    id of its result. An unknown duration lies at zero and says so. Of an attempt that did
    not pass before a retry the outcome is RETRIED.
    """

    at: datetime
    outcome: str
    duration_ms: int | None
    result: int


def scatter(
    points: Sequence[Point],
    *,
    since: datetime,
    until: datetime,
    milestones: Sequence[MilestoneMark] = (),
) -> Figure:
    """Points by time and duration, oldest first, with the running median of passed ones.

    Gives {"data", "layout", "kind", "path"}: "customdata" of a point is the id of its
    result below "path", before its query. What is not finished is not drawn.
    """
    shown = [point for point in points if point.outcome in _DRAWN]
    line = running_median([point for point in points if point.outcome == "passed"])
    traces = [
        _trace(key, [point for point in shown if point.outcome == key])
        for key in _DRAWN
        if any(point.outcome == key for point in shown)
    ]
    return {
        "data": [*traces, *_median_trace(line)],
        "layout": _layout(shown, line, since, until, milestones),
        "kind": "points",
        "path": address("results"),
    }


def sampled(points: Sequence[Point], most: int = MOST_POINTS) -> list[Point]:
    """All that did not pass, and passed ones evenly over time until `most` are reached.

    With `most` others or more no passed one is left but the newest.
    """
    if len(points) <= most:
        return list(points)
    passed = [index for index, p in enumerate(points) if p.outcome == "passed"]
    room = max(most - (len(points) - len(passed)), 1)
    if room >= len(passed):
        return list(points)
    step = len(passed) / room
    kept = {passed[len(passed) - 1 - int(place * step)] for place in range(room)}
    return [p for i, p in enumerate(points) if p.outcome != "passed" or i in kept]


def running_median(points: Sequence[Point]) -> list[tuple[datetime, float]]:
    """The median duration in ms around up to 24 moments, oldest first.

    Each is over an equal number of neighbours, the first and last moment being those of
    the first and last point. [] with fewer than 10 known durations.
    """
    known = [(p.at, p.duration_ms) for p in points if p.duration_ms is not None]
    knots = min(_KNOTS, len(known) // _LEAST_OF_KNOT)
    if knots < 2:
        return []
    reach = max(len(known) / knots, _LEAST_OF_KNOT)
    line = []
    for knot in range(knots):
        centre = round(knot * (len(known) - 1) / (knots - 1))
        first = max(round(centre - reach), 0)
        near = known[first : max(round(centre + reach), first + 1)]
        line.append((known[centre][0], float(median(ms for _, ms in near))))
    return line


def _trace(outcome: str, points: Sequence[Point]) -> Figure:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": _WORDS[outcome],
        "x": [_place(point.at) for point in points],
        "y": [point.duration_ms or 0 for point in points],
        "text": [_took(point) for point in points],
        "customdata": [point.result for point in points],
        "marker": _MARKERS[outcome],
        "cliponaxis": False,
        "hovertemplate": "%{x|%a %-d %b %H:%M}<br>%{text}, "
        f"{_WORDS[outcome].lower()}<br>open result<extra></extra>",
    }


def _took(point: Point) -> str:
    known = point.duration_ms is not None
    return duration(point.duration_ms) if known else "duration unknown"


def _median_trace(line: Sequence[tuple[datetime, float]]) -> list[Figure]:
    if not line:
        return []
    return [
        {
            "type": "scatter",
            "mode": "lines",
            "name": "Running median",
            "x": [_place(at) for at, _ in line],
            "y": [ms for _, ms in line],
            "line": {
                "color": "var(--ink)",
                "width": 2,
                "shape": "spline",
                "smoothing": 0.6,
            },
            "hoverinfo": "skip",
        }
    ]


def _layout(
    points: Sequence[Point],
    line: Sequence[tuple[datetime, float]],
    since: datetime,
    until: datetime,
    milestones: Sequence[MilestoneMark],
) -> Figure:
    longest = max((point.duration_ms or 0 for point in points), default=0)
    ticks = duration_ticks(longest)
    return {
        "font": FONT,
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "margin": {"l": 56, "r": 96 if line else 28, "t": 26, "b": 28},
        "showlegend": False,
        "dragmode": False,
        "hovermode": "closest",
        "hoverlabel": {
            "bgcolor": "var(--surface)",
            "bordercolor": "var(--line-2)",
            "font": {"size": 12, "color": "var(--ink)"},
            "align": "left",
        },
        "xaxis": axis(
            type="date",
            range=[_place(since), _place(until)],
            showgrid=False,
            tickformat="%-d %b",
            nticks=8,
        ),
        "yaxis": axis(
            # A little below zero, so that what lies on it is seen whole.
            range=[-0.03 * ticks[-1], 1.06 * ticks[-1]],
            tickvals=ticks,
            ticktext=[duration(tick) for tick in ticks],
        ),
        "annotations": [*_end_label(line), *(flag(mark) for mark in milestones)],
        "shapes": [flag_line(mark) for mark in milestones],
    }


def duration_ticks(longest_ms: int) -> list[int]:
    """Round durations from 0 in ms, at most four above it: 0, 30 s, 1 min, …

    The last one is not below `longest_ms`.
    """
    step_s = next((s for s in _STEPS_S if 1000 * s * _TICKS >= longest_ms), None)
    step = round(1000 * step_s) if step_s else -(-longest_ms // _TICKS)
    return [step * place for place in range(max(-(-longest_ms // step), 1) + 1)]


def _end_label(line: Sequence[tuple[datetime, float]]) -> list[Figure]:
    if not line:
        return []
    _, ms = line[-1]
    return [
        {
            "x": 1,
            "y": ms,
            "xref": "paper",
            "yref": "y",
            "text": f"<b>median {duration(round(ms))}</b>",
            "showarrow": False,
            "xanchor": "left",
            "xshift": 4,
            "font": {"size": 12, "color": "var(--ink)"},
        }
    ]


def _place(at: datetime) -> str:
    # Plotly shows what it is given; with an offset it would move it to UTC.
    return at.strftime("%Y-%m-%d %H:%M:%S")
