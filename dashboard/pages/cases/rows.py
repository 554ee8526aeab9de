"""What a row of a list of tests shows."""

from __future__ import annotations

from dataclasses import dataclass

from dashboard.ui.list_layout import ListPage
from dashboard.ui.parts import Link, Number, State, Strip, Tool


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseListRow:
    """A case with its newest state, last runs and, when failing, since when.

    `muted` says until when, by whom and why; "" where the case is not muted.
    """

    name: str
    href: str
    folder: str
    tool: Tool
    project: Link
    state: State
    results: Number
    strip: Strip | None = None
    since: str = ""
    since_title: str = ""
    since_href: str = ""
    since_css: str = "t-fail"
    last_seen: str = ""
    last_seen_title: str = ""
    muted: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseListPage(ListPage):
    """Column keys: name, project, strip, results, since, last_seen."""

    rows: tuple[CaseListRow, ...] = ()
