"""A badge for a README: what it is about, a glyph, a few words."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import Literal

from dashboard.ui.pictures.colours import Theme
from dashboard.ui.pictures.document import document
from dashboard.ui.pictures.letters import fitted, text, width
from dashboard.ui.pictures.marks import state

Tone = Literal["good", "bad", "flaky", "stale", "flat"]
HEIGHT = 20
SIZE, WEIGHT, PAD, GLYPH = 11, 500, 7, 11
# So that a name of 2,000 letters makes no badge of 10,000 px.
LONGEST_LABEL, LONGEST_WORDS = 180, 220
# Background and letters: quiet when all is well, solid when it is not.
_PAINT: dict[Tone, tuple[str, str]] = {
    "good": ("pass-soft", "pass-t"),
    "bad": ("fail", "surface"),
    "flaky": ("flaky-soft", "flaky-t"),
    "stale": ("flaky-soft", "flaky-t"),
    "flat": ("skip-soft", "ink-2"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Badge:
    """`label` what it is about ("pass rate"), `words` how it is ("93.7%"); `says` both in
    a sentence, with how sure and how fresh it is.
    """

    label: str
    words: str
    glyph: str
    tone: Tone
    says: str


def badge_svg(badge: Badge, theme: Theme) -> str:
    label = fitted(badge.label, SIZE, LONGEST_LABEL, WEIGHT)
    words = fitted(badge.words, SIZE, LONGEST_WORDS, WEIGHT)
    left = ceil(width(label, SIZE, WEIGHT)) + 2 * PAD
    right = ceil(width(words, SIZE, WEIGHT)) + 2 * PAD + GLYPH + 4
    soft, ink = _PAINT[badge.tone]
    mark = state(badge.glyph, left + PAD, (HEIGHT - GLYPH) / 2, GLYPH)
    if badge.tone == "bad":
        # On its own colour the shape is seen by its sign alone.
        mark = mark.replace("var(--fail)", "var(--surface)", 1)
        mark = mark.replace('stroke="var(--surface)"', 'stroke="var(--fail)"')
    body = (
        f'<clipPath id="r"><rect width="{left + right}" height="{HEIGHT}" rx="4"/></clipPath>'
        f'<g clip-path="url(#r)"><rect width="{left}" height="{HEIGHT}" fill="var(--track)"/>'
        f'<rect x="{left}" width="{right}" height="{HEIGHT}" fill="var(--{soft})"/></g>'
        f"{mark}{_line(PAD, label, 'ink-2')}{_line(left + PAD + GLYPH + 4, words, ink)}"
    )
    return document(left + right, HEIGHT, body, says=badge.says, theme=theme)


def _line(x: float, words: str, colour: str) -> str:
    """As wide as it is in our font, in whichever one the reader has."""
    drawn = text(x, 14, words, SIZE, weight=WEIGHT, colour=colour)
    if drawn.count("<text") != 1:
        return drawn
    wide = f"{width(words, SIZE, WEIGHT):.1f}"
    return drawn.replace(
        "<text", f'<text textLength="{wide}" lengthAdjust="spacingAndGlyphs"'
    )
