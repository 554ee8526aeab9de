"""Words in pictures: which fonts have their letters, how wide they are, where they end."""

from __future__ import annotations

import re
import threading
import unicodedata
from functools import cache, lru_cache
from html import escape
from pathlib import Path
from typing import Any, Literal

from django.conf import settings
from fontTools.ttLib import TTFont

from dashboard.embedded.assets import DRAWN

FAMILY = "Inter, ui-sans-serif, system-ui, sans-serif"
# The one font that has the letters which Inter lacks; the name is its own.
OTHER_LETTERS = "unifont.ttf"
_OTHER_FAMILY = f"UnifontExMono, {FAMILY}"
_ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"
# What no XML may hold, and what turns the direction of all that follows.
_UNDRAWABLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff"
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)
# fontTools reads tables as they are asked for, from one file, in whichever thread.
_reading = threading.Lock()


def font_files(*, with_other_letters: bool = False) -> list[str]:
    """Paths of the TrueType files, in the order in which they are looked through."""
    names = [name for name in DRAWN if with_other_letters or name != OTHER_LETTERS]
    return [str(_folder() / name) for name in names]


def _folder() -> Path:
    return Path(settings.BASE_DIR) / "static" / "vendor" / ".fonts"


@cache
def _faces() -> tuple[TTFont, ...]:
    return tuple(TTFont(path) for path in font_files())


@cache
def _glyphs(weight: int) -> tuple[tuple[Any, Any], ...]:
    """Names of glyphs by their letter, and the glyphs, of each face."""
    return tuple(
        (face.getBestCmap(), face.getGlyphSet(location={"wght": weight}))
        for face in _faces()
    )


@lru_cache(maxsize=8192)
def _advance(letter: str, weight: int) -> float | None:
    """In em, None where Inter has no such letter."""
    with _reading:
        for names, glyphs in _glyphs(weight):
            name = names.get(ord(letter))
            if name is not None:
                return float(glyphs[name].width) / 2048
    return None


def is_ours(letter: str) -> bool:
    """Whether Inter has it."""
    return _advance(letter, 400) is not None


def width(words: str, size: float, weight: int = 400) -> float:
    """In px; without kerning, so a little more than what is drawn."""
    return size * sum(_width(letter, weight) for letter in words)


def _width(letter: str, weight: int) -> float:
    known = _advance(letter, weight)
    if known is not None:
        return known
    return 1.0 if unicodedata.east_asian_width(letter) in "WF" else 0.5


def clean(words: str) -> str:
    """One line of what can be drawn, in its own direction."""
    return " ".join(_UNDRAWABLE.sub(" ", words).split())


def fitted(words: str, size: float, most: float, weight: int = 400) -> str:
    """The words, or as many letters of them as `most` px hold, with an ellipsis."""
    words = clean(words[:2000])
    if width(words, size, weight) <= most:
        return words
    room = most - width(_ELLIPSIS, size, weight)
    kept = 0
    for letter in words:
        room -= size * _width(letter, weight)
        if room < 0:
            break
        kept += 1
    return words[:kept].rstrip() + _ELLIPSIS


def lines(
    words: str, size: float, most: float, count: int, weight: int = 400
) -> list[str]:
    """The words over up to `count` lines of `most` px, of which the last is cut."""
    left = clean(words[:2000]).split(" ")
    found: list[str] = []
    while left and len(found) < count - 1:
        kept = 1
        while (
            kept < len(left) and width(" ".join(left[: kept + 1]), size, weight) <= most
        ):
            kept += 1
        found.append(fitted(" ".join(left[:kept]), size, most, weight))
        left = left[kept:]
    return [*found, fitted(" ".join(left), size, most, weight)] if left else found


def escaped(words: str) -> str:
    """For SVG, in which `var(--…)` is one of our colours wherever it stands."""
    return escape(words).replace("var(", "var&#40;")


def text(
    x: float,
    y: float,
    words: str,
    size: float,
    *,
    weight: int = 400,
    colour: str = "ink",
    anchor: Literal["start", "middle", "end"] = "start",
    most: float | None = None,
) -> str:
    """An SVG text with its baseline at `y`; cut to `most` px."""
    words = clean(words) if most is None else fitted(words, size, most, weight)
    common = f'y="{y:g}" font-size="{size:g}" fill="var(--{colour})"'
    heavy = "" if weight == 400 else f' font-weight="{weight}"'
    parts = runs(words)
    if len(parts) == 1 and parts[0][1]:
        side = "" if anchor == "start" else f' text-anchor="{anchor}"'
        return f'<text x="{x:g}" {common}{heavy}{side}>{escaped(words)}</text>'
    before = {"start": 0.0, "middle": 0.5, "end": 1.0}[anchor]
    x -= before * width(words, size, weight)
    drawn = ""
    for part, is_own in parts:
        family = "" if is_own else f' font-family="{_OTHER_FAMILY}"'
        bold = heavy if is_own else ""
        # A text of its own: beside letters of another font all would be drawn in that.
        drawn += f'<text x="{x:.1f}" {common}{bold}{family}>{escaped(part)}</text>'
        x += width(part, size, weight)
    return drawn


def runs(words: str) -> list[tuple[str, bool]]:
    """The words in stretches of letters that Inter has, or has not."""
    found: list[tuple[str, bool]] = []
    for letter in words:
        is_own = is_ours(letter)
        if found and (letter == " " or found[-1][1] is is_own):
            found[-1] = (found[-1][0] + letter, found[-1][1])
        else:
            found.append((letter, is_own))
    return found
