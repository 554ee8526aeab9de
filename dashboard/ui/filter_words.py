"""Filters and time range in words, for what stands away from its page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from dashboard.filters import Filters, Window
from dashboard.ids import id_of
from dashboard.lists.names import (
    case_name,
    learn_names,
    milestone_name,
    project_names,
)
from dashboard.tools import tool_label
from dashboard.ui.filter_bar import TEXTS
from dashboard.ui.number_links import window_words
from dashboard.ui.text.numbers import listed_names

Values = tuple[str, ...]
# In the order in which they are told.
_NAMED = (
    *("project", "milestone", "tool", "connection", "source", "configuration"),
    *("branch", "case"),
)
_LABELS = {
    **TEXTS,
    "project": "Project",
    "status": "Status",
    "q": "Search",
    "find": "Search",
    "signature": "One failure message",
    "message": "Message",
    "default_branch": "Default branches",
    "latest": "Newest result of each test",
    "final": "Final results",
    "never_executed": "Never run",
    "counted": "Without excluded runs",
    "folder": "Folder",
    "state": "State",
    "change": "Change",
    "cause": "Cause",
}
_FLAGS = ("latest", "final", "never_executed", "signature", "counted")


def filter_words(filters: Filters, window: Window | None) -> str:
    """ "Web shop, Chrome 126, branch main, 31 Oct - 29 Nov"; "all projects" where none is
    chosen.
    """
    parts = [_names(name, getattr(filters, name)) for name in _NAMED]
    if not (filters.project or filters.milestone or filters.case):
        parts.insert(0, "all projects")
    if filters.default_branch is False:
        parts.append("all branches")
    if filters.q:
        parts.append(f"“{filters.q[:80]}”")
    if window is not None:
        parts.append(window_words(window))
    return ", ".join(part for part in parts if part)


def parameter_words(name: str, values: Values) -> str:
    """ "Branch main", "Status error or failed"; "" for one that says nothing."""
    label = _LABELS.get(name, name.replace("_", " ").capitalize())
    if name == "default_branch":
        return label if values == ("1",) else "All branches"
    if name in _FLAGS:
        return label if values != ("0",) else ""
    words = [_value(name, value)[:60] or "that is gone" for value in values]
    return f"{label} {_either(words)}"


def learn_values(queries: Iterable[Mapping[str, Iterable[int | str]]]) -> None:
    """Ask for the names in all of these together, before each is put in words."""
    ids: dict[str, set[int]] = {"case": set(), "milestone": set(), "run": set()}
    for query in queries:
        for name, found in ids.items():
            found.update(filter(None, map(_id, query.get(name, ()))))
    learn_names(cases=ids["case"], milestones=ids["milestone"], runs=ids["run"])


def _names(name: str, values: tuple[int | str, ...]) -> str:
    if not values:
        return ""
    words = listed_names([_value(name, value) for value in values])
    return f"{name} {words}" if name == "branch" else words


def _value(name: str, value: int | str) -> str:
    number = _id(value)
    match name:
        case "tool":
            return tool_label(str(value))
        case "project" if number:
            found = project_names().get(number)
            return found.name if found else ""
        case "milestone" if number:
            return milestone_name(number)
        case "case" if number:
            return case_name(number)
    return str(value)


def _id(value: int | str) -> int | None:
    return id_of(str(value))


def _either(values: list[str]) -> str:
    if len(values) < 2:
        return "".join(values)
    return f"{', '.join(values[:-1])} or {values[-1]}"
