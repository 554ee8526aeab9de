"""Figures of charts as Plotly's own library checks them, name by name and value by value: a
slip in one is a chart that silently lacks something.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache

import plotly.graph_objects as go

_PRINTED = re.compile(
    r'<script id="rows-[\w-]+" type="application/json">(.*?)</script>', re.DOTALL
)


def figure_faults(html: str) -> list[str]:
    """What is wrong with the charts of a page."""
    return [fault for text in _PRINTED.findall(html) if (fault := _fault(text))]


@lru_cache(maxsize=1024)
def _fault(text: str) -> str:
    chart = json.loads(text)
    try:
        go.Figure(data=chart["data"], layout=chart["layout"])
    except ValueError as error:
        return f"a chart says what Plotly does not know: {error}"
    return ""
