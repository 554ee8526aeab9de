"""Looks: when a project's whole retained window is compared with the vendor's list."""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import blake2b

from django.conf import settings
from django.db.models import Min
from django.db.models.functions import Coalesce

from ingest.models import Connection, Project

# Vendors' clocks and late rows: a window begins this long before the last success.
OVERLAP = timedelta(minutes=15)
# What is listed with every sync: most late changes come soon after a run.
RECENT = timedelta(days=3)
# A look that failed half-way costs as many requests again.
TRY_AGAIN_AFTER = timedelta(hours=1)
EPOCH = datetime.fromisoformat("2020-01-01T00:00:00+00:00")


def period() -> timedelta:
    """How often each project is looked at; zero: with every sync."""
    return timedelta(hours=settings.RECONCILE_HOURS)


def is_due(project: Project, now: datetime) -> bool:
    """Whether the project's own moment of the period has come since its last look."""
    every = period()
    if not every:
        return True
    tried, looked = project.look_tried_at, project.looked_at
    if tried and tried <= now < tried + TRY_AGAIN_AFTER:
        return False
    last = next_at(project, now) - every
    # One that is yet to come was made by a clock that was ahead.
    return looked is None or not last <= looked <= now


def next_at(project: Project, now: datetime) -> datetime:
    """The next of the project's moments, which lie a period apart.

    By its id, so that the looks of many projects are spread over the period.
    """
    every = period()
    if not every:
        return now
    digest = blake2b(str(project.pk).encode(), digest_size=4).digest()
    offset = every * (int.from_bytes(digest) / 2**32)
    return now + every - (now - EPOCH - offset) % every


def oldest_look(connection: Connection) -> datetime | None:
    """When the project was looked at whose last look is the oldest."""
    projects = connection.projects.filter(removed_at=None)
    found = projects.aggregate(at=Min(Coalesce("looked_at", "created_at")))
    at: datetime | None = found["at"]
    return at


def is_overdue(
    connection: Connection, looked_at: datetime | None, now: datetime
) -> bool:
    """Whether what changed late at the vendor may have gone unseen for too long."""
    limit = max(2 * period(), connection.fresh_for)
    return looked_at is not None and now - looked_at > limit


def begins_at(connection: Connection, now: datetime) -> datetime:
    """Where the retained window begins."""
    days = [settings.RETENTION_DAYS]
    if connection.backfill_days:
        days.append(connection.backfill_days)
    return now - timedelta(days=min(days))
