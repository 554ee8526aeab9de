"""Answers to a part of a page that asks for itself again."""

from __future__ import annotations

from django.http import HttpRequest

from dashboard.ui.answering import SidebarCounts, sidebar_counts

# Ids of the parts that poll every 15 s; of the answer they take their own part only.
LIVE_PARTS = frozenset({"sync", "outcomes"})


def sidebar_counts_unless_polled(request: HttpRequest) -> SidebarCounts:
    """What stands in the sidebar, left out where nobody would see it."""
    return (
        SidebarCounts(failing={}, flaky=None)
        if _is_polled(request)
        else sidebar_counts()
    )


def _is_polled(request: HttpRequest) -> bool:
    return request.headers.get("HX-Target", "") in LIVE_PARTS
