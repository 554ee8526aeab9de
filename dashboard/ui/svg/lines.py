"""Sparklines, their bars and small multiples: stretched SVG with unscaled strokes."""

from __future__ import annotations

from collections.abc import Sequence

Values = Sequence[float | None]
Point = tuple[float, float]


def sparkline(
    values: Values,
    *,
    width: int = 200,
    height: int = 30,
    colour: str = "ink",
    floor: float | None = None,
    ceiling: float | None = None,
    area: bool = False,
    dot: bool = False,
) -> str:
    """A line over `values`, oldest first; None is a day without a value.

    The line runs through such days: most projects do not run on each, and a row of
    lonely dots would show no trend. The chart of days keeps its gaps.
    `floor` and `ceiling` are the values at the edges; without them the smallest and
    greatest value are. The picture stretches to its box, strokes do not.
    """
    known = [v for v in values if v is not None]
    if not known:
        return _svg(width, height, "", "spark")
    low = min(known) if floor is None else floor
    high = max(known) if ceiling is None else ceiling
    points = _points(values, width, height, low, high, 3.0 if dot else 1.5)
    body = _area(points, height, colour) if area else ""
    body += _line(points, colour, 1.6)
    return _svg(width, height, body + (_dot(points, colour) if dot else ""), "spark")


def spark_bars(values: Values, *, height: int = 30) -> str:
    """Bars of counts, only the last one dark; 10 units a bar, stretched."""
    return _bars(values, height, gap=2.0, pale="track", dark="ink-3", css="spark")


def hour_bars(values: Values, *, height: int = 26) -> str:
    """24 bars, one an hour; an hour without records keeps a base line."""
    return _bars(values, height, gap=2.0, pale="line-2", dark="ink-3", css="hours")


def day_bars(values: Values, *, colour: str = "fail", height: int = 22) -> str:
    """Bars of failures by day; a day without any keeps a pale base line."""
    top = max((v or 0.0 for v in values), default=0.0) or 1.0
    bars = {colour: "", "line-2": ""}
    for place, value in enumerate(values):
        bar_height = max(height * (value or 0.0) / top, 1.0)
        bars[colour if value else "line-2"] += _bar(place, bar_height, height, 2.0)
    body = "".join(
        f'<path d="{path}" fill="var(--{paint})"/>' for paint, path in bars.items()
    )
    return _svg(max(len(values), 1) * 10, height, body, "days")


def small_multiple(
    values: Values, *, before: float | None, floor: float = 0.8, height: int = 44
) -> str:
    """A project's rates 0-1 on the common scale `floor` to 1, grid every 10 points.

    `before` is the rate of the window before, drawn as a dotted line.
    """
    width = 120
    points = _points(values, width, height, floor, 1.0, 3.0)
    steps = round((1 - floor) * 10)
    levels = [_y(1 - step / 10, height, floor, 1.0, 3.0) for step in range(steps + 1)]
    grid = "".join(f"M0 {y:.1f}H{width}" for y in levels)
    body = f'<path d="{grid}" stroke="var(--line)" vector-effect="non-scaling-stroke"/>'
    if before is not None:
        y = _y(before, height, floor, 1.0, 3.0)
        body += (
            f'<path d="M0 {y:.1f}H{width}" stroke="var(--ink-3)" stroke-dasharray="2 3" '
            'vector-effect="non-scaling-stroke"/>'
        )
    body += _line(points, "ink", 1.6) + _dot(points, "ink")
    return _svg(width, height, body, "ch")


def _points(
    values: Values, width: int, height: int, low: float, high: float, pad: float
) -> list[Point]:
    last = max(len(values) - 1, 1)
    right = width - pad if pad > 2 else width
    return [
        (right * i / last, _y(v, height, low, high, pad))
        for i, v in enumerate(values)
        if v is not None
    ]


def _y(value: float, height: int, low: float, high: float, pad: float) -> float:
    span = high - low
    share = (value - low) / span if span > 0 else 0.5
    return pad + (height - 2 * pad) * (1 - min(max(share, 0.0), 1.0))


def _line(points: list[Point], colour: str, stroke_width: float) -> str:
    # "h0": a single point still shows, for a line of no length has round ends.
    drawn = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    path = f"M{drawn}h0" if drawn else ""
    return (
        f'<path d="{path}" fill="none" stroke="var(--{colour})" '
        f'stroke-width="{stroke_width}" stroke-linejoin="round" stroke-linecap="round" '
        'vector-effect="non-scaling-stroke"/>'
    )


def _area(points: list[Point], height: int, colour: str) -> str:
    line = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    return (
        f'<path d="M{points[0][0]:.1f} {height}L{line}L{points[-1][0]:.1f} {height}z" '
        f'fill="var(--{colour})" fill-opacity=".07"/>'
    )


def _dot(points: list[Point], colour: str) -> str:
    if not points:
        return ""
    x, y = points[-1]
    return (
        f'<path d="M{x:.1f} {y:.1f}h0" stroke="var(--{colour})" stroke-width="5.5" '
        'stroke-linecap="round" vector-effect="non-scaling-stroke"/>'
    )


def _bars(
    values: Values, height: int, *, gap: float, pale: str, dark: str, css: str
) -> str:
    numbers = [v or 0.0 for v in values]
    top = max(numbers, default=0.0) or 1.0
    path = [
        _bar(i, max(height * v / top, 1.0), height, gap) for i, v in enumerate(numbers)
    ]
    body = f'<path d="{"".join(path[:-1])}" fill="var(--{pale})"/>' if path else ""
    body += f'<path d="{path[-1]}" fill="var(--{dark})"/>' if path else ""
    return _svg(max(len(numbers), 1) * 10, height, body, css)


def _bar(index: int, bar_height: float, height: int, gap: float) -> str:
    x, width = index * 10 + gap / 2, 10 - gap
    return f"M{x:g} {height}v-{bar_height:.1f}h{width:g}v{bar_height:.1f}z"


def _svg(width: int, height: int, body: str, css: str) -> str:
    return (
        f'<svg class="{css}" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" preserveAspectRatio="none" '
        f'aria-hidden="true">{body}</svg>'
    )
