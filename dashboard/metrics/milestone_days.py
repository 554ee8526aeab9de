"""The days on which milestones were completed or are due."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Max, Min, Q

from dashboard.filters import Filters, selected_projects
from ingest.contract import MilestoneState
from ingest.models import MilestoneMember


@dataclass(frozen=True, slots=True, kw_only=True)
class MilestoneDay:
    """A milestone at the time it was completed, or while it is open, is due."""

    milestone: int
    name: str
    at: datetime
    is_done: bool


def milestone_days(filters: Filters) -> list[MilestoneDay]:
    """Of the chosen projects and milestones, those in the window; oldest first.

    A milestone that several tools share is done with the last of them, and due with
    the first.
    """
    window = filters.window()
    members = MilestoneMember.objects.filter(
        project__in=selected_projects(filters), removed_at=None
    )
    if filters.milestone:
        members = members.filter(milestone_id__in=filters.milestone)
    milestones = members.values(
        "milestone_id", "milestone__name", "milestone__state"
    ).annotate(done_at=Max("completed_at"), first_due_at=Min("due_at"))
    inside = {"gte": window.since, "lt": window.until}
    near = Q()
    for name in ("done_at", "first_due_at"):
        near |= Q(**{f"{name}__{word}": moment for word, moment in inside.items()})
    days = [
        MilestoneDay(
            milestone=row["milestone_id"],
            name=row["milestone__name"],
            at=at,
            is_done=row["milestone__state"] == MilestoneState.COMPLETED,
        )
        for row in milestones.filter(near)
        if (at := _moment(row)) and window.contains(at)
    ]
    return sorted(days, key=lambda day: (day.at, day.milestone))


def _moment(row: Mapping[str, Any]) -> datetime | None:
    if row["milestone__state"] == MilestoneState.COMPLETED:
        done_at: datetime | None = row["done_at"] or row["first_due_at"]
        return done_at
    due_at: datetime | None = row["first_due_at"]
    return due_at
