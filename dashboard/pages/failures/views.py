"""The page of failures."""

from __future__ import annotations

from dashboard.pages.failures.page import failures_page, failures_state
from dashboard.ui.list_view import list_view

failures = list_view(
    "failures/failures.html", "failures", failures_state, failures_page
)
