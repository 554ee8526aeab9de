"""Answers to a part of a page that asks for itself again."""

from __future__ import annotations

from django.http import HttpRequest

from dashboard.views.answering import Beside, beside_all

# Ids of the parts that poll every 15 s; of the answer they take their own part only.
LIVE_PARTS = frozenset({"sync", "outcomes"})


def beside_unless_polled(request: HttpRequest) -> Beside:
    """What stands in the sidebar, left out where nobody would see it."""
    return Beside(failing={}, flaky=None) if _is_polled(request) else beside_all()


def _is_polled(request: HttpRequest) -> bool:
    return request.headers.get("HX-Target", "") in LIVE_PARTS
