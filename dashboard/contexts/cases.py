"""The plain page of one case: what it is, its last outcomes, its results."""

from __future__ import annotations

from dataclasses import dataclass

from dashboard.contexts.lists import ResultListPage
from dashboard.contexts.parts import Pill, Strip, Tool
from dashboard.contexts.run import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class CasePage(ResultListPage):
    """`pill` is the newest outcome, None before the first; `strip` the last ones."""

    tool: Tool
    facts: tuple[Fact, ...]
    strip: Strip
    strip_text: str
    pill: Pill | None = None
