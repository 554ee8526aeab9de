"""What a console would show: colours as classes, everything else of it as text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from html import escape

# Colours and styles; then what moves, clears, titles and rings, which shows nothing.
_SEQUENCES = re.compile(
    "\x1b\\[(?P<style>[0-9;:]*)m"
    "|\x1b\\[[0-?]*[ -/]*[@-~]"
    "|\x1b\\][^\x07\x1b]*(?:\x07|\x1b\\\\)?"
    "|\x1b[ -/]*[0-~]?"
    "|[\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f]"
)
_STYLES = {1: "bold", 2: "dim", 3: "italic", 4: "line", 9: "struck"}
_ENDS = {21: ("bold",), 22: ("bold", "dim"), 23: ("italic",), 24: ("line",)}
_ENDS[29] = ("struck",)
_LONGEST_STYLE = 64
# Bright ones are as the usual ones; bright black is grey.
_INKS = ("con-0", "con-1", "con-2", "con-3", "con-4", "con-5", "con-6", "con-7")
_GROUNDS = (
    *("con-on0", "con-on1", "con-on2", "con-on3"),
    *("con-on4", "con-on5", "con-on6", "con-on7"),
)


@dataclass(frozen=True, slots=True)
class Style:
    """`ink` and `ground` are colours 0-15, None for the usual one."""

    ink: int | None = None
    ground: int | None = None
    marks: frozenset[str] = frozenset()

    @property
    def css(self) -> str:
        names = sorted(f"con-{mark}" for mark in self.marks)
        if self.ground is not None:
            # Letters on a ground are in ink: no pair of colours can be too alike.
            names += ["con-on", _GROUNDS[self.ground % 8]]
        elif self.ink is not None:
            names.append("con-8" if self.ink == 8 else _INKS[self.ink % 8])
        return " ".join(names)


PLAIN = Style()


def has_sequences(text: str) -> bool:
    return "\x1b" in text


def console_html(text: str) -> str:
    """HTML of a text with a console's sequences; of the text every letter is escaped."""
    return "".join(_pieces(text.replace("\r\n", "\n")))


def plain_text(text: str) -> str:
    """The text without any sequence."""
    return _SEQUENCES.sub("", text)


def _pieces(text: str) -> Iterator[str]:
    style, end = PLAIN, 0
    for found in _SEQUENCES.finditer(text):
        yield _piece(text[end : found.start()], style)
        end = found.end()
        if (codes := found["style"]) is not None:
            style = _styled(style, codes[:_LONGEST_STYLE])
    yield _piece(text[end:], style)


def _piece(text: str, style: Style) -> str:
    if not text:
        return ""
    css = style.css
    return f'<span class="{css}">{escape(text)}</span>' if css else escape(text)


def _styled(style: Style, codes: str) -> Style:
    numbers = [int(code) if code else 0 for code in re.split("[;:]", codes)]
    waiting = iter(numbers)
    for code in waiting:
        if code in {38, 48}:
            colour = _of_many(waiting)
            style = (
                replace(style, ink=colour)
                if code == 38
                else replace(style, ground=colour)
            )
        else:
            style = _changed(style, code)
    return style


def _of_many(waiting: Iterator[int]) -> int | None:
    """A colour of 256 or of all, where it is one of the sixteen."""
    kind = next(waiting, 0)
    if kind == 5:
        colour = next(waiting, 0)
        return colour if colour < 16 else None
    if kind == 2:
        for _ in range(3):
            next(waiting, 0)
    return None


def _changed(style: Style, code: int) -> Style:
    match code:
        case 0:
            return PLAIN
        case _ if code in _STYLES:
            return replace(style, marks=style.marks | {_STYLES[code]})
        case _ if code in _ENDS:
            return replace(style, marks=style.marks - {*_ENDS[code]})
        case _ if 30 <= code <= 37:
            return replace(style, ink=code - 30)
        case _ if 90 <= code <= 97:
            return replace(style, ink=code - 82)
        case _ if 40 <= code <= 47:
            return replace(style, ground=code - 40)
        case _ if 100 <= code <= 107:
            return replace(style, ground=code - 92)
        case 39:
            return replace(style, ink=None)
        case 49:
            return replace(style, ground=None)
    return style
