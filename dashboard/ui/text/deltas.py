"""How a change reads: its size, its direction, whether it is good."""

from __future__ import annotations

from typing import Literal

from dashboard.ui.parts import Delta
from dashboard.ui.text.numbers import count
from dashboard.ui.text.times import duration

NOISE_POINTS = 0.35


def points(now: float | None, before: float | None) -> float | None:
    """The change of two rates 0-1 in points."""
    if now is None or before is None:
        return None
    return 100 * (now - before)


def rate_delta(
    now: float | None, before: float | None, *, unit: str = " pts"
) -> Delta | None:
    """The change of a rate 0-1 in points; under 0.35 points it is noise."""
    change = points(now, before)
    if change is None:
        return None
    tone: Literal["good", "bad", "flat"] = "flat"
    if abs(change) >= NOISE_POINTS:
        tone = "good" if change > 0 else "bad"
    return Delta(text=f"{abs(change):.1f}{unit}", arrow=_arrow(change, 0.05), tone=tone)


def count_delta(now: int, before: int, *, up_is: str = "bad") -> Delta:
    """The change of a count. `up_is` bad, good or flat (no good direction)."""
    return Delta(
        text=count(abs(now - before)),
        arrow=_arrow(now - before),
        tone=_tone(now - before, up_is),
    )


def share_delta(now: float, before: float) -> Delta | None:
    """The change in per cent of a figure without a good direction; None from zero."""
    if before <= 0:
        return None
    change = 100 * (now - before) / before
    return Delta(text=f"{abs(change):.0f}%", arrow=_arrow(change, 0.5))


def duration_delta(now_ms: int, before_ms: int) -> Delta | None:
    """Longer is worse; under 5 % it is noise, without any change None."""
    change = now_ms - before_ms
    if abs(change) < 1000:
        return None
    tone = _tone(change, "bad") if abs(change) >= 0.05 * before_ms else "flat"
    return Delta(text=duration(abs(change)), arrow=_arrow(change), tone=tone)


def _arrow(change: float, least: float = 0) -> Literal["up", "down", ""]:
    if abs(change) <= least:
        return ""
    return "up" if change > 0 else "down"


def _tone(change: float, up_is: str) -> Literal["good", "bad", "flat"]:
    if up_is == "flat" or change == 0:
        return "flat"
    return "bad" if (change > 0) == (up_is == "bad") else "good"
