"""A shared page in words: its title, its filters and time, until when, for whom."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from dashboard.filters import Window
from dashboard.filters.state import BEGINNING
from dashboard.ids import id_of
from dashboard.lists.names import (
    case_names,
    milestone_names,
    project_names,
    run_names,
)
from dashboard.sharing.limits import TIMES, Asked, reach_of, texts_of
from dashboard.sharing.objects import about
from dashboard.tools import tool_label
from dashboard.ui.filter_bar import TEXTS
from dashboard.ui.number_links import window_words
from dashboard.ui.run_rows import run_label
from dashboard.ui.text.numbers import listed_names, plural
from dashboard.ui.text.times import timestamp

LONGEST_TITLE = 120
TITLES = {
    "overview": "Overview",
    "runs": "Runs",
    "results": "Results",
    "failures": "Failures",
    "flaky": "Flaky tests",
    "cases": "Tests",
    "milestones": "Milestones",
    "standup": "Stand-up",
    "sync": "Sync",
    "search": "Search",
}
# Those of /cases/, by its view.
VIEWS = {
    "failing": "Failing now",
    "began": "New failures in 24 h",
    "retired": "Failing when last run",
    "slow": "Tests by duration",
    "newly-failing": "Newly failing",
    "fixed": "Fixed",
    "newly-flaky": "Newly flaky",
}
_WORDS = {
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
_NOT_SAID = ("sort", "page", "cursor", "theme", "view", "base", "head", *TIMES)
Names = Callable[[list[int]], Mapping[int, str]]


def title_of(asked: Asked) -> str:
    """What the page is called, as the reader in force sees it."""
    return _title(asked)[:LONGEST_TITLE]


def _title(asked: Asked) -> str:
    if asked.route in ("project", "project-tests"):
        name = _project(asked.ids["project_id"])
        return name if asked.route == "project" else f"Tests of {name}"
    said = about(asked.route, asked.ids, asked.query)
    if asked.route in ("case", "result"):
        return _one(case_names, said["case"][0])
    if asked.route == "milestone":
        return _one(milestone_names, said["milestone"][0])
    if asked.route in ("run", "compare"):
        return " against ".join(_run(text) for text in reversed(said["run"]))
    view = VIEWS.get(asked.query.get("view", "")) if asked.route == "cases" else None
    return view or TITLES[asked.route]


def _project(project_id: int) -> str:
    found = project_names().get(project_id)
    return found.name if found else "Project"


def _one(names: Names, text: str) -> str:
    number = id_of(text) or 0
    return names([number]).get(number, "")


def _run(text: str) -> str:
    number = id_of(text) or 0
    found = run_names([number]).get(number)
    return f"{found.name} {run_label(found)}" if found else ""


def filter_words(asked: Asked) -> tuple[str, ...]:
    """ "Branch main", "Status error or failed"; what the title says is left out."""
    texts = texts_of(asked.query)
    return tuple(
        _words(name, values)
        for name, values in texts.items()
        if name not in _NOT_SAID and _words(name, values)
    )


def _words(name: str, values: tuple[str, ...]) -> str:
    label = _WORDS.get(name, name.replace("_", " ").capitalize())
    if name == "default_branch":
        return label if values == ("1",) else "All branches"
    if name in _FLAGS:
        return label if values != ("0",) else ""
    return f"{label} {_either([_value(name, value) for value in values])}"


def _value(name: str, value: str) -> str:
    number = id_of(value)
    if name == "tool":
        return tool_label(value)
    if name == "project" and number:
        return _project(number)
    if name == "milestone" and number:
        return _one(milestone_names, value)
    if name == "case" and number:
        return _one(case_names, value)
    return value[:60]


def _either(values: list[str]) -> str:
    if len(values) < 2:
        return "".join(values)
    return f"{', '.join(values[:-1])} or {values[-1]}"


def time_words(asked: Asked, now: datetime) -> str:
    """ "the last 30 days", "1 – 19 Nov"; "" for a page without a time range."""
    page = asked.page
    if page is None or not page.has_time:
        return ""
    reach = reach_of(page, texts_of(asked.query))
    if reach is None:
        return "all time"
    if reach.is_open and reach.days:
        return f"the last {plural(reach.days, 'day')}" if reach.days > 1 else "24 hours"
    window = Window(since=reach.begin(now), until=reach.until or now)
    if window.since == BEGINNING and reach.until is None:
        return "all time"
    return window_words(window)


def scope_words(asked: Asked, now: datetime) -> str:
    """ "Branch main, the last 30 days"."""
    return ", ".join(filter(None, [*filter_words(asked), time_words(asked, now)]))


def moment_words(as_of: datetime | None) -> str:
    return f"as of {timestamp(as_of, UTC)}" if as_of else "always current"


def until_words(expires_at: datetime | None) -> str:
    return (
        f"until {timestamp(expires_at, UTC)}" if expires_at else "until it is revoked"
    )


def project_words(ids: list[int]) -> str:
    """Names of the projects that a share is frozen to."""
    names = project_names()
    return listed_names([names[pk].name for pk in ids if pk in names])
