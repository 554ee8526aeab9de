"""The list of results."""

from __future__ import annotations

from dashboard.pages.results.page import results_page, results_state
from dashboard.ui.list_view import list_view

results = list_view("results/results.html", "results", results_state, results_page)
