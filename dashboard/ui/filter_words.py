"""Filters and time range in words, for what stands away from its page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from dashboard.filters import Filters, Window
from dashboard.lists.names import case_names, milestone_names, project_names
from dashboard.tools import tool_label
from dashboard.ui.number_links import window_words
from dashboard.ui.text.numbers import listed_names

# In the order in which they are told.
_NAMED = (
    *("project", "milestone", "tool", "connection", "source", "configuration"),
    *("branch", "case"),
)


def filter_words(filters: Filters, window: Window | None) -> str:
    """ "Web shop, Chrome 126, branch main, 31 Oct - 29 Nov"; "all projects" where none is
    chosen.
    """
    parts = [_values(name, getattr(filters, name)) for name in _NAMED]
    if not (filters.project or filters.milestone or filters.case):
        parts.insert(0, "all projects")
    if filters.default_branch is False:
        parts.append("all branches")
    if filters.q:
        parts.append(f"“{filters.q[:80]}”")
    if window is not None:
        parts.append(window_words(window))
    return ", ".join(part for part in parts if part)


def _values(name: str, values: tuple[Any, ...]) -> str:
    if not values:
        return ""
    words = listed_names([_READ.get(name, _same)(value) for value in values])
    return f"{name} {words}" if name == "branch" else words


def _same(value: Any) -> str:
    return str(value)


def _project(pk: int) -> str:
    found = project_names().get(pk)
    return found.name if found else ""


def _named(names: Callable[[list[int]], Mapping[int, str]]) -> Callable[[int], str]:
    return lambda pk: names([pk]).get(pk, "")


_READ: Mapping[str, Callable[[Any], str]] = {
    "project": _project,
    "milestone": _named(milestone_names),
    "case": _named(case_names),
    "tool": tool_label,
}
