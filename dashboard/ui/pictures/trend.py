"""A small line of days with its last value in words, as wide as a badge or two."""

from __future__ import annotations

from collections.abc import Sequence

from dashboard.ui.pictures.axes import line
from dashboard.ui.pictures.colours import Theme
from dashboard.ui.pictures.document import document
from dashboard.ui.pictures.frame import Caption
from dashboard.ui.pictures.letters import text
from dashboard.ui.pictures.marks import state

WIDTH, HEIGHT = 320, 112
Values = Sequence[float | None]


def trend_svg(values: Values, headline: str, caption: Caption, theme: Theme) -> str:
    """`headline` is the number of the whole time; `values` are of its days."""
    inner = WIDTH - 32
    stale = (
        state("stale", 16, HEIGHT - 24, 12)
        + text(33, HEIGHT - 14, caption.stale, 11, colour="flaky-t", most=inner - 18)
        if caption.stale
        else text(16, HEIGHT - 14, caption.moment, 11, colour="ink-3", most=inner)
    )
    body = (
        f'<rect x=".5" y=".5" width="{WIDTH - 1}" height="{HEIGHT - 1}" rx="8" '
        'fill="var(--surface)" stroke="var(--line)"/>'
        f"{text(16, 27, caption.title, 12, weight=500, colour='ink-2', most=inner)}"
        f"{text(16, 62, headline, 26, weight=600, most=130)}"
        f"{path(values, 160, 38, WIDTH - 180, 36)}{stale}"
    )
    says = f"{caption.says} {caption.stale}".strip()
    return document(WIDTH, HEIGHT, body, says=says, theme=theme)


def path(
    values: Values,
    x: float,
    y: float,
    wide: float,
    tall: float,
    *,
    stroke: float = 1.6,
    colour: str = "ink",
) -> str:
    """A line over values of equal steps, oldest first, in a box from the smallest to
    the greatest. It runs through days without a value, as the small lines of pages do;
    one value is no line.
    """
    known = [value for value in values if value is not None]
    if len(known) < 2:
        return ""
    low, span = min(known), (max(known) - min(known)) or 1.0
    step = wide / max(len(values) - 1, 1)

    def place(number: int, value: float) -> tuple[float, float]:
        share = (value - low) / span if max(known) > low else 0.5
        return x + step * number, y + tall * (1 - share)

    points = [place(i, v) for i, v in enumerate(values) if v is not None]
    area = "L".join(f"{a:.1f} {b:.1f}" for a, b in points)
    foot, (end_x, end_y) = y + tall, points[-1]
    return (
        f'<path d="M{points[0][0]:.1f} {foot:.1f}L{area}L{end_x:.1f} {foot:.1f}z" '
        f'fill="var(--{colour})" fill-opacity=".07"/>{line(points, colour, stroke)}'
        f'<circle cx="{end_x:.1f}" cy="{end_y:.1f}" r="{2 * stroke:g}" '
        f'fill="var(--{colour})"/>'
    )
