"""A shared page in words: its title, its filters and time, until when, for whom."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime

from dashboard.filters import Window
from dashboard.filters.state import BEGINNING
from dashboard.ids import id_of
from dashboard.lists.names import case_name, milestone_name, project_names, run_name
from dashboard.sharing.limits import Asked, Beyond, texts_of
from dashboard.sharing.objects import about, learn_results
from dashboard.sharing.reach import TIMES, reach_of
from dashboard.ui.filter_words import learn_values, parameter_words
from dashboard.ui.number_links import window_words
from dashboard.ui.run_rows import run_label
from dashboard.ui.text.numbers import listed_names, plural
from dashboard.ui.text.times import full_moment

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
_NOT_SAID = (
    *("sort", "page", "cursor", "theme", "view", "base", "head", "as_of"),
    *TIMES,
)


def title_of(asked: Asked) -> str:
    """What the page is called, as the reader in force sees it."""
    return _title(asked)[:LONGEST_TITLE]


def _title(asked: Asked) -> str:
    if asked.route in ("project", "project-tests"):
        name = _project(asked.ids["project_id"])
        return name if asked.route == "project" else f"Tests of {name}"
    said = about(asked.route, asked.ids, asked.query)
    if asked.route in ("case", "result"):
        return case_name(id_of(said["case"][0]) or 0)
    if asked.route == "milestone":
        return milestone_name(id_of(said["milestone"][0]) or 0)
    if asked.route in ("run", "compare"):
        return " against ".join(_run(text) for text in reversed(said["run"]))
    view = VIEWS.get(asked.query.get("view", "")) if asked.route == "cases" else None
    return view or TITLES[asked.route]


def _project(project_id: int) -> str:
    found = project_names().get(project_id)
    return found.name if found else "Project"


def _run(text: str) -> str:
    found = run_name(id_of(text) or 0)
    return f"{found.name} {run_label(found)}" if found else ""


def learn_words(pages: Collection[Asked]) -> None:
    """Ask for what all of these name together, before each is put in words."""
    learn_results([one.ids["result_id"] for one in pages if one.route == "result"])
    learn_values(said for one in pages for said in _said(one))


def _said(asked: Asked) -> tuple[Mapping[str, tuple[str, ...]], ...]:
    try:
        about_it = about(asked.route, asked.ids, asked.query)
        return texts_of(asked.query), about_it
    except Beyond:
        # What it is about is gone.
        return ()


def filter_words(asked: Asked) -> tuple[str, ...]:
    """What the title says is left out."""
    words = (
        parameter_words(name, values)
        for name, values in texts_of(asked.query).items()
        if name not in _NOT_SAID
    )
    return tuple(filter(None, words))


def time_words(asked: Asked, now: datetime) -> str:
    """ "the last 30 days", "1 – 19 Nov"; "" for a page without a time range."""
    page = asked.page
    if page is None or not page.has_time:
        return ""
    reach = reach_of(page, texts_of(asked.query))
    if reach is None:
        return "all time"
    if reach.is_open and reach.days:
        days = plural(reach.days, "day") if reach.days > 1 else "24 hours"
        return f"the last {days}"
    window = Window(since=reach.begin(now), until=reach.until or now)
    if window.since == BEGINNING and reach.until is None:
        return "all time"
    return window_words(window)


def scope_words(asked: Asked, now: datetime) -> str:
    """ "Branch main, the last 30 days"."""
    return ", ".join(filter(None, [*filter_words(asked), time_words(asked, now)]))


def moment_words(as_of: datetime | None) -> str:
    """ "As of 19 Nov 2026, 09:00 UTC"; of None "Always current"."""
    return f"As of {full_moment(as_of, UTC)}" if as_of else "Always current"


def until_words(expires_at: datetime | None) -> str:
    if expires_at is None:
        return "until it is revoked"
    return f"until {full_moment(expires_at, UTC)}"


def project_words(ids: Collection[int]) -> str:
    """Names of the projects that a share is frozen to."""
    names = project_names()
    return listed_names([one.name for one in names.values() if one.id in ids])
