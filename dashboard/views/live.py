"""Answers to a part of a page that asks for itself again."""

from __future__ import annotations

from django.http import HttpRequest

from dashboard.views.answering import failing_now
from dashboard.views.shell import Failing

# Ids of the parts that poll every 15 s; of the answer they take their own part only.
LIVE_PARTS = frozenset({"sync", "outcomes"})


def failing_unless_polled(request: HttpRequest) -> Failing | None:
    """What the sidebar counts, left out where nobody would see it."""
    is_polled = request.headers.get("HX-Target", "") in LIVE_PARTS
    return None if is_polled else failing_now
