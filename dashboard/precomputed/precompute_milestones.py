"""The progress of milestones, brought up to date before anybody asks for it."""

from __future__ import annotations

from datetime import datetime
from time import monotonic

from django.utils import timezone

from dashboard.advisory_lock import try_advisory_lock
from dashboard.filters import Filters
from dashboard.precomputed.milestone_versions import stored_progress
from dashboard.precomputed.milestones import changed_milestones, progress_by_milestone
from ingest.contract import MilestoneState
from ingest.models import Milestone
from ingest.series import day_of

# A round that takes longer leaves the rest to the next one.
LONGEST_S = 5.0


def precompute_milestones(
    now: datetime | None = None, longest_s: float = LONGEST_S
) -> int:
    """Compute what changed, open milestones first, of each kind those with the newest
    run; gives how many. No other is begun after `longest_s`. Nothing while another
    process does it.
    """
    filters = Filters(now=now or timezone.now())
    ends = monotonic() + longest_s
    done = 0
    with try_advisory_lock("milestone figures") as is_locked:
        for milestone in _due(filters) if is_locked else ():
            if monotonic() >= ends:
                break
            progress_by_milestone([milestone], filters)
            done += 1
    return done


def _due(filters: Filters) -> list[Milestone]:
    today = day_of(filters.now)
    by_id = Milestone.objects.in_bulk()
    known = stored_progress(list(by_id), today, with_values=False)
    versions = changed_milestones(known, today)

    def urgency(milestone: Milestone) -> tuple[bool, float]:
        newest_at = versions[milestone.pk].newest_at
        return (
            milestone.state != MilestoneState.OPEN,
            -newest_at.timestamp() if newest_at else 0.0,
        )

    return sorted((by_id[pk] for pk in versions), key=urgency)
