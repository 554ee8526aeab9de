"""Answers to a part of a page that asks for itself again."""

from __future__ import annotations

from collections.abc import Mapping

from django.http import HttpRequest

from dashboard.views.answering import failing_now, place_counts
from dashboard.views.shell import Failing

# Ids of the parts that poll every 15 s; of the answer they take their own part only.
LIVE_PARTS = frozenset({"sync", "outcomes"})


def failing_unless_polled(request: HttpRequest) -> Failing | None:
    """What the sidebar counts, left out where nobody would see it."""
    return None if _is_polled(request) else failing_now


def counts_unless_polled(request: HttpRequest) -> Mapping[str, int]:
    """What stands beside the places, likewise."""
    return {} if _is_polled(request) else place_counts()


def _is_polled(request: HttpRequest) -> bool:
    return request.headers.get("HX-Target", "") in LIVE_PARTS
