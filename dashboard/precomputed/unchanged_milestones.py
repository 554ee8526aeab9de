"""Milestones that ended before a moment and of which nothing was recorded since: what is
kept of them today was so then.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db import connection

from ingest.contract import MilestoneState

# Whatever changes a run's rows, or the run, is a change of the run.
_UNCHANGED = """
SELECT m.id FROM ingest_milestone m
 WHERE m.id = ANY(%(milestones)s) AND m.state = %(completed)s
   AND NOT EXISTS (
       SELECT 1 FROM ingest_milestonemember member
        WHERE member.milestone_id = m.id
          AND greatest(member.completed_at, member.recorded_at, member.removed_at)
              > %(as_of)s)
   AND NOT EXISTS (
       SELECT 1 FROM ingest_milestonemember member
         JOIN ingest_runmilestone link ON link.member_id = member.id
         JOIN ingest_run run ON run.id = link.run_id
        WHERE member.milestone_id = m.id
          AND (greatest(link.recorded_at, link.removed_at, run.recorded_at) > %(as_of)s
               OR EXISTS (SELECT 1 FROM ingest_runchange change
                           WHERE change.run_id = run.id
                             AND change.recorded_to > %(as_of)s)))
   AND NOT EXISTS (
       SELECT 1 FROM ingest_milestonemember member
         JOIN ingest_milestonecase planned ON planned.member_id = member.id
        WHERE member.milestone_id = m.id
          AND (greatest(planned.recorded_at, planned.removed_at) > %(as_of)s
               OR EXISTS (SELECT 1 FROM ingest_casechange change
                           WHERE change.case_id = planned.case_id
                             AND change.recorded_to > %(as_of)s)))
"""


def unchanged_since(as_of: datetime, milestones: Collection[int]) -> set[int]:
    """Those of the milestones, by id, of which what is kept holds at that moment."""
    values: dict[str, Any] = {
        "milestones": list(milestones),
        "completed": MilestoneState.COMPLETED,
        "as_of": as_of,
    }
    with connection.cursor() as cursor:
        cursor.execute(_UNCHANGED, values)
        return {milestone for (milestone,) in cursor.fetchall()}
