"""The page of failures: groups that say the same."""

from __future__ import annotations

from dataclasses import dataclass

from dashboard.contexts.lengths import QuoteOfMany
from dashboard.contexts.lists import ListPage
from dashboard.contexts.parts import Link, Number, Tool, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureGroupRow:
    """One message. `is_silent` marks the group of failures without one; `is_long` says
    that two lines do not hold it. `project` is the only one, else `projects` counts them. `days` are its results by UTC day, `days_label` says
    them in words. `first` is "new" marked by `is_new`. `whole_href` leads to a message
    that is cut here.
    """

    message: QuoteOfMany
    results: Number
    cases: Number
    runs: Number
    share: Number
    days: tuple[float | None, ...]
    days_label: str
    first: str
    first_title: str
    last: str
    last_title: str
    tools: tuple[Tool, ...]
    project: Link | None = None
    projects: str = ""
    projects_title: str = ""
    is_new: bool = False
    is_silent: bool = False
    is_long: bool = False
    whole_href: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureListPage(ListPage):
    """Column keys: message, results, cases, runs, days, first, last, projects."""

    verdict: Verdict | None = None
    rows: tuple[FailureGroupRow, ...] = ()
