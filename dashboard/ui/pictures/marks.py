"""Small marks that pictures share: ours, the glyphs of states, a flag."""

from __future__ import annotations

from django.template.loader import render_to_string

from dashboard.ui.svg.glyphs import glyph


def mark(x: float, y: float, size: float) -> str:
    """The sign of Passline, as it stands on every page."""
    drawn = render_to_string("ui/_mark.html", {"size": size})
    return _placed(drawn, x, y)


def state(name: str, x: float, y: float, size: int) -> str:
    """A glyph of `dashboard.ui.svg.glyphs`."""
    return _placed(glyph(name, size), x, y)


def _placed(svg: str, x: float, y: float) -> str:
    return svg.replace("<svg", f'<svg x="{x:g}" y="{y:g}"', 1)


def flag(x: float, y: float, colour: str = "ink-2") -> str:
    """10 wide, its foot at `y`."""
    return f'<path d="M{x:g} {y:g}v-10h7l-1.8 2.6 1.8 2.6h-5.8v4.8z" fill="var(--{colour})"/>'
