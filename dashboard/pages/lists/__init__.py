"""The lists behind the numbers: runs, results, cases, milestones, and the search."""

from __future__ import annotations

from dashboard.pages.lists.cases import cases_page, cases_state
from dashboard.pages.lists.milestones import milestones_page, milestones_state
from dashboard.pages.lists.results import results_page, results_state
from dashboard.pages.lists.runs import runs_page, runs_state
from dashboard.pages.lists.search import search_page

__all__ = [
    "cases_page",
    "cases_state",
    "milestones_page",
    "milestones_state",
    "results_page",
    "results_state",
    "runs_page",
    "runs_state",
    "search_page",
]
