"""What charts share: font, axes, the flags of milestones."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from math import ceil, floor, log10
from typing import Any

# What Plotly draws in the browser: {"data", "layout"}, or a part of it. Tests check each name
# and value in it by Plotly's Python library, which takes longer than all the rest of a chart.
Figure = dict[str, Any]
FONT = {"family": "Inter, system-ui, sans-serif", "size": 12, "color": "var(--ink-2)"}


@dataclass(frozen=True, slots=True, kw_only=True)
class MilestoneMark:
    """A vertical line over both panes: solid when done, dashed when due."""

    day: date
    text: str
    is_done: bool


def axis(**special: Any) -> Figure:
    """A quiet axis that cannot be dragged; `special` adds to it and wins."""
    common = {
        "gridcolor": "var(--line)",
        "gridwidth": 1,
        "zeroline": False,
        "showline": False,
        "ticks": "",
        "tickfont": {"size": 12, "color": "var(--ink-3)"},
        "fixedrange": True,
        "automargin": False,
    }
    return common | special


def flag(mark: MilestoneMark) -> Figure:
    """The label of a milestone at the top of its line."""
    return {
        "xanchor": "center",
        "x": mark.day.isoformat(),
        "y": 1,
        "xref": "x",
        "yref": "paper",
        "yanchor": "bottom",
        "text": f"\N{BLACK FLAG} {plain(mark.text)}",
        "showarrow": False,
        "bgcolor": "var(--skip-soft)",
        "borderpad": 3,
        "font": {"size": 12, "color": "var(--ink-2)"},
    }


def flag_line(mark: MilestoneMark) -> Figure:
    return {
        "type": "line",
        "xref": "x",
        "yref": "paper",
        "x0": mark.day.isoformat(),
        "x1": mark.day.isoformat(),
        "y0": 0,
        "y1": 1,
        "line": {
            "color": "var(--ink-3)",
            "width": 1,
            "dash": "solid" if mark.is_done else "dash",
        },
    }


def plain(text: str) -> str:
    """Plotly reads some tags in labels; a vendor's name is never markup."""
    return text.replace("<", "\N{SINGLE LEFT-POINTING ANGLE QUOTATION MARK}")


def ticks_to(top: int, most: int) -> list[int]:
    """At most `most` round numbers from 0, of which the last is not below `top`."""
    wanted = max(top / (most - 1), 1)
    power = 10 ** floor(log10(wanted))
    step = next(power * n for n in (1, 2, 2.5, 5, 10) if power * n >= wanted)
    whole = max(1, ceil(step))
    return [whole * place for place in range(max(ceil(top / whole), 1) + 1)]
