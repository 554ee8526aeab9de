"""The interval mark: how sure an estimated rate is."""

from __future__ import annotations

from html import escape

_LEFT, _WIDTH, _MAX_PERCENT = 1.0, 86.0, 50.0
WIDE_POINTS = 30.0


def interval(rate: float, low: float, high: float, *, label: str) -> str:
    """An 88x18 mark of a rate (0-1, clipped at a half) with its 95 % interval.

    An interval wider than 30 points is dashed and hollow: few runs.
    """
    x, x0, x1 = _x(100 * rate), _x(100 * low), _x(100 * high)
    wide = 100 * (high - low) > WIDE_POINTS
    nicks = "".join(f"M{_x(tick):g} 7v4" for tick in (0, 25, 50))
    if wide:
        label += ", few runs"
    band = (
        f'<rect x="{x0:.1f}" y="5.5" width="{max(x1 - x0, 1):.1f}" height="7" rx="3.5" '
    )
    return (
        f'<svg width="88" height="18" viewBox="0 0 88 18" role="img" '
        f'aria-label="{escape(label)}"><path d="M1 9H87{nicks}" stroke="var(--line-2)"/>'
        f"{band}{_band_paint(wide)}/>"
        f'<rect x="{x - 1.5:.1f}" y="1" width="3" height="16" rx="1.5" '
        f"{_tick_paint(wide)}/></svg>"
    )


def _x(percent: float) -> float:
    return _LEFT + _WIDTH * min(max(percent, 0.0), _MAX_PERCENT) / _MAX_PERCENT


def _band_paint(wide: bool) -> str:
    if wide:
        return 'fill="none" stroke="var(--flaky)" stroke-dasharray="2.5 2"'
    return 'fill="var(--iv)"'


def _tick_paint(wide: bool) -> str:
    if wide:
        return 'fill="var(--surface)" stroke="var(--flaky)" stroke-width="1.2"'
    return 'fill="var(--flaky)"'
