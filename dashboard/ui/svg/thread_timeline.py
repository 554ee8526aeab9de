"""Thread lanes: one thread of a run on the run's clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from dashboard.ui.svg.outcomes import by_status

# The drawing is 1000 units wide and stretches; one unit is about 0.6 px.
_UNITS = 1000
_GAP = 0.9


# Not frozen: that takes three times as long to make, and a run has thousands.
@dataclass(slots=True, kw_only=True)
class LaneItem:
    """A result on the clock: `start_ms` after the run's start."""

    status: str
    start_ms: int
    duration_ms: int
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """A thread's results in order. `setup_ms` is the time before its first one."""

    name: str
    items: tuple[LaneItem, ...]
    setup_ms: int = 0


def ticks(wall_ms: int, *, most: int = 7) -> tuple[int, ...]:
    """Round places in ms for the axis: 0 and multiples of a step below `wall_ms`."""
    steps_s = (1, 2, 5, 10, 15, 30, 60, 120, 180, 300, 600, 900, 1800, 3600, 7200)
    step = next((s for s in steps_s if wall_ms / 1000 / s <= most), 14_400) * 1000
    return tuple(range(0, max(wall_ms, 1), step))


def lane(lane: Lane, *, wall_ms: int) -> str:
    """The lane as SVG, 28 px high, x in shares of `wall_ms`."""
    scale = _UNITS / max(wall_ms, 1)
    items = lane.items
    bad = sum(item.status in ("failed", "error") for item in items)
    grid = "".join(f"M{t * scale:.1f} 0v28" for t in ticks(wall_ms)[1:])
    body = f'<path class="gr" d="{grid}"/>' if grid else ""
    body += _setup(lane, scale) + _quiet(items, scale)
    body += "".join(_loud(item, scale) for item in items)
    return (
        f'<svg class="lane" viewBox="0 0 {_UNITS} 28" preserveAspectRatio="none" '
        f'role="img" aria-label="{escape(lane.name)}: {len(items)} results, '
        f'{bad} not passed">{body}</svg>'
    )


def _setup(lane: Lane, scale: float) -> str:
    if lane.setup_ms <= 0:
        return ""
    return f'<path class="su" d="M0 14h{lane.setup_ms * scale:.1f}"/>'


def _quiet(items: Sequence[LaneItem], scale: float) -> str:
    """Passed, skipped and unfinished: one path a kind, because there are thousands."""
    spans: dict[str, list[tuple[str, str]]] = {"pass": [], "skip": [], "run": []}
    for item in items:
        css = by_status(item.status).css
        if css in spans:
            x, width = _span(item, scale)
            spans[css].append((f"{x:.1f}", f"{width:.1f}"))
    return (
        _blocks("ps", spans["pass"], top=9, height=9)
        + _blocks("pb", spans["pass"], top=18, height=1.6)
        + _blocks("sp", spans["skip"], top=13, height=3)
        + _blocks("un", spans["run"], top=14, height=1)
    )


def _blocks(
    css: str, spans: Sequence[tuple[str, str]], *, top: float, height: float
) -> str:
    if not spans:
        return ""
    path = "".join([f"M{x} {top}h{w}v{height}h-{w}z" for x, w in spans])
    return f'<path class="{css}" d="{path}"/>'


def _loud(item: LaneItem, scale: float) -> str:
    css = by_status(item.status).css
    if css not in ("fail", "err", "block"):
        return ""
    x, width = _span(item, scale)
    # Narrower than this a failure is not seen.
    width = max(width, 3.0)
    if css == "err":
        shape = _rect(x, width, 3, 9.5, "er") + _rect(x, width, 15.5, 9.5, "er")
    elif css == "block":
        shape = _rect(x, width, 4, 20, "bl")
    else:
        shape = _rect(x, width, 3, 22, "fa")
    title = f"<title>{escape(item.title)}</title>" if item.title else ""
    return f"<g>{shape}{title}</g>" if title else shape


def _rect(x: float, width: float, y: float, height: float, css: str) -> str:
    return (
        f'<rect class="{css}" x="{x:.1f}" y="{y:g}" width="{width:.1f}" '
        f'height="{height:g}"/>'
    )


def _span(item: LaneItem, scale: float) -> tuple[float, float]:
    return item.start_ms * scale, max(item.duration_ms * scale - _GAP, 0.6)
