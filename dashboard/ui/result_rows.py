"""What a row of a list of results shows."""

from __future__ import annotations

from dataclasses import dataclass

from dashboard.ui.lengths import Snippet
from dashboard.ui.list_layout import ListPage
from dashboard.ui.parts import Link, Number, State, Strip, Tool


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultListPage(ListPage):
    """Column keys: name, run, message, duration, moment."""

    rows: tuple[ResultRow, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultRow:
    """One result. `change` is its word against the run before; `run` and `moment` are
    printed in lists over several runs, `thread` and `change` inside one run. `muted`
    says until when, by whom and why its case is; "" where it is not.
    """

    name: str
    href: str
    folder: str
    state: State
    message: Snippet
    duration: str
    thread: str = ""
    strip: Strip | None = None
    change: State | None = None
    change_number: Number | None = None
    attempt: str = ""
    run: Link | None = None
    project: str = ""
    tool: Tool | None = None
    moment: str = ""
    moment_title: str = ""
    muted: str = ""
