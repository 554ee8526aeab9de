"""The card around a drawn chart: what it shows, of when, and how fresh that is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dashboard.ui.pictures.colours import Theme
from dashboard.ui.pictures.document import document
from dashboard.ui.pictures.letters import lines, text, width
from dashboard.ui.pictures.marks import mark, state

WIDTH, HEIGHT = 960, 420
SIDE = 24
# Where the chart is drawn, between the title above and legend and foot below.
TOP, BOTTOM = 76, HEIGHT - 66


@dataclass(frozen=True, slots=True, kw_only=True)
class Caption:
    """`title` names the chart, `scope` tells filters and time range in words, `moment`
    when that was ("29 Nov 2026, 09:15 UTC"), `stale` what is missing since when, "" where
    nothing is; `says` is the chart in a sentence.
    """

    title: str
    scope: str
    moment: str
    says: str
    stale: str = ""


def framed(
    caption: Caption, plot: str, legend: Sequence[tuple[str, str]], theme: Theme
) -> str:
    """`legend` holds pairs of a small drawing, 14 px wide, and its word."""
    inner = WIDTH - 2 * SIDE
    scope = lines(caption.scope, 13, inner, 1) or [""]
    return document(
        WIDTH,
        HEIGHT,
        f'<rect x=".5" y=".5" width="{WIDTH - 1}" height="{HEIGHT - 1}" rx="10" '
        'fill="var(--surface)" stroke="var(--line)"/>'
        f"{text(SIDE, 33, caption.title, 16, weight=600, most=inner)}"
        f"{text(SIDE, 54, scope[0], 13, colour='ink-2')}"
        f"{plot}{_legend(legend)}{_foot(caption)}",
        says=f"{caption.says} {caption.stale}".strip(),
        theme=theme,
    )


def _legend(legend: Sequence[tuple[str, str]]) -> str:
    drawn, x = "", float(SIDE)
    for sign, word in legend:
        drawn += f'<g transform="translate({x:g} {HEIGHT - 52})">{sign}</g>'
        drawn += text(x + 19, HEIGHT - 41, word, 12, colour="ink-2")
        x += 19 + width(word, 12) + 18
    return drawn


def _foot(caption: Caption) -> str:
    """When it was on the right; on the left what would make it wrong."""
    right = text(
        WIDTH - SIDE, HEIGHT - 16, caption.moment, 12, colour="ink-3", anchor="end"
    )
    room = WIDTH - 2 * SIDE - width(caption.moment, 12) - 24
    if caption.stale:
        return (
            f'<rect x="{SIDE - 8}" y="{HEIGHT - 32}" height="23" rx="6" '
            f'width="{min(room, width(caption.stale, 12, 600) + 36):.0f}" fill="var(--flaky-soft)"/>'
            f"{state('stale', SIDE, HEIGHT - 27, 13)}"
            f"{text(SIDE + 19, HEIGHT - 16, caption.stale, 12, weight=600, colour='flaky-t', most=room - 30)}"
            f"{right}"
        )
    own = mark(SIDE, HEIGHT - 27, 14) + text(
        SIDE + 20, HEIGHT - 16, "Passline", 12, weight=600, colour="ink-2"
    )
    return own + right


def empty(caption: Caption, words: str, theme: Theme) -> str:
    """The card without a chart, and why there is none."""
    middle = (TOP + BOTTOM) / 2
    plot = text(WIDTH / 2, middle, words, 14, colour="ink-2", anchor="middle")
    return framed(caption, plot, (), theme)
