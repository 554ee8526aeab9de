"""The outcome strip: one cell a run, height and gaps tell the outcome."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from html import escape

_CELL, _GAP = 4, 2
# Between what passed and the cap above it that says: on retry.
_RETRY_GAP = 3
STRETCHED = ' preserveAspectRatio="none"'
_NOT_PASSED = frozenset("FE")


# Not frozen: that takes three times as long to make, and a list has a thousand.
@dataclass(slots=True, kw_only=True)
class StripCell:
    """One run in a strip: `outcome` is a letter of P R F E S B U, "" an empty slot.
    `is_marked`: it is the one that the page is about.
    """

    outcome: str
    href: str = ""
    title: str = ""
    is_marked: bool = False


def strip(
    cells: Sequence[StripCell],
    *,
    slots: int = 30,
    height: int = 18,
    stretch: bool = False,
) -> str:
    """The last `slots` cells, oldest left; empty slots keep the base line.

    `height` in px. Equal `slots` give equal widths however few runs there are; with
    `stretch` they fill the box that they stand in.
    """
    shown = list(cells)[-slots:]
    first = slots - len(shown)
    width = slots * (_CELL + _GAP) - _GAP
    bad = sum(cell.outcome in _NOT_PASSED for cell in shown)
    base = "".join(_base_line(slot, height) for slot in range(first))
    drawn = "".join(_cell(c, first + i, height) for i, c in enumerate(shown))
    retried = sum(cell.outcome == "R" for cell in shown)
    label = f"last {len(shown)}: {bad} not passed"
    label += f", {retried} passed on retry" if retried else ""
    # An image may not hold links, so a strip with doors is a group.
    role = "group" if any(cell.href for cell in shown) else "img"
    # The outline of a marked cell stands around it.
    over = ' overflow="visible"' if any(cell.is_marked for cell in shown) else ""
    return (
        f'<svg class="strip" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}"{STRETCHED if stretch else ""}{over} '
        f'role="{role}" aria-label="{label}">'
        f"{base}{drawn}</svg>"
    )


def _base_line(slot: int, height: int) -> str:
    x = slot * (_CELL + _GAP)
    return (
        f'<rect x="{x}" y="{height - 1}" width="{_CELL}" height="1" '
        'fill="var(--line-2)"/>'
    )


def _cell(cell: StripCell, slot: int, height: int) -> str:
    x = slot * (_CELL + _GAP)
    shape = _shape(cell.outcome, x, height) + _mark(x, height) * cell.is_marked
    title = f"<title>{escape(cell.title)}</title>" if cell.title else ""
    if not cell.href:
        return f"<g>{shape}{title}</g>" if title else shape
    name = f' aria-label="{escape(cell.title)}"' if cell.title else ""
    return f'<a href="{escape(cell.href)}"{name} tabindex="-1">{shape}{title}</a>'


@cache
def _shape(outcome: str, x: int, height: int) -> str:
    """Of the few that there are a list has a thousand."""
    if outcome == "P":
        return _passed(x, height)
    if outcome == "R":
        cap = height * 0.22
        top = height * 0.62 - _RETRY_GAP - cap
        return _rect(x, top, cap, "fail") + _passed(x, height)
    if outcome == "F":
        return _rect(x, 0, height, "fail")
    if outcome == "E":
        lower = height * 0.58
        return _rect(x, 0, height * 0.42, "err") + _rect(
            x, lower, height - lower, "err"
        )
    if outcome == "B":
        top = height * 0.3
        return (
            f'<rect x="{x + 0.6}" y="{top + 0.6:g}" width="{_CELL - 1.2:g}" '
            f'height="{height * 0.7 - 1.2:.1f}" rx=".6" fill="var(--surface)" '
            'stroke="var(--block)" stroke-width="1.2"/>'
        )
    if outcome == "S":
        return _rect(x, height - 3, 3, "skip")
    return _rect(x, height - 1, 1, "run")


def _mark(x: int, height: int) -> str:
    return (
        f'<rect x="{x - 1.5:g}" y="-1.5" width="{_CELL + 3}" height="{height + 3}" '
        'rx="2" fill="none" stroke="var(--ink)"/>'
    )


def _passed(x: int, height: int) -> str:
    return _rect(x, height * 0.62, height * 0.38, "pass")


def _rect(x: int, y: float, height: float, colour: str) -> str:
    return (
        f'<rect x="{x}" y="{y:.4g}" width="{_CELL}" height="{height:.4g}" rx="1" '
        f'fill="var(--{colour})"/>'
    )
