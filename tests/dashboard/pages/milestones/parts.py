"""What the tests of milestones share: their pages, read as text."""

from __future__ import annotations

from datetime import datetime

from ingest.models import Milestone
from tests.dashboard.number_links import words_of
from tests.dashboard.releases import TODAY


def page_of(milestone, query=""):
    return f"/milestones/{milestone.pk}/{query}"


def plain(html):
    """The words of a page, without its tags."""
    return words_of(html, " ")


def due_on(milestone, day):
    at = datetime.combine(day, datetime.min.time(), TODAY.tzinfo)
    Milestone.objects.filter(pk=milestone.pk).update(due_at=at)
