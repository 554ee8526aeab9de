"""What tells whether a milestone's progress is still what it was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection

from dashboard.metrics.milestones.progress import Progress
from dashboard.precomputed.versions import made_by
from dashboard.reading.scope import past

# What both digests hold: the milestone and its parts, which cases are one, and which
# month is the oldest whose rows are kept. A milestone that was completed before today
# will be the same tomorrow; any other has its figures by the day.
_COMMON = """
concat_ws('|', %(made_by)s::text, m.id, m.name, m.state, m.due_at, parts.said,
    (SELECT concat(count(*), ' ', sum(hashtextextended(
                concat(grouped.xmin, grouped), 0)))
       FROM dashboard_groupedcase grouped),
    (SELECT min(inhrelid::regclass::text) FROM pg_inherits
      WHERE inhparent = 'public.ingest_result'::regclass),
    CASE WHEN m.state = 'completed' AND coalesce(
              (parts.completed_at AT TIME ZONE 'UTC')::date < %(today)s, true)
         THEN '' ELSE %(today)s::text END)
"""
# A change of anything in a project raises its version, so these need no run.
_STORED = f"""
SELECT m.id, md5(concat_ws('|', {_COMMON}, parts.versions)), figure.seen, figure.rows,
       CASE WHEN %(with_values)s THEN figure.value END
  FROM ingest_milestone m
 CROSS JOIN LATERAL (
       SELECT string_agg(concat(member.id, ' ', member.completed_at), ','
                         ORDER BY member.id) AS said,
              string_agg(project.version::text, ',' ORDER BY member.id) AS versions,
              max(member.completed_at) AS completed_at
         FROM ingest_milestonemember member
         JOIN ingest_project project ON project.id = member.project_id
        WHERE member.milestone_id = m.id) parts
  LEFT JOIN dashboard_milestonefigure figure ON figure.milestone_id = m.id
 WHERE m.id = ANY(%(milestones)s)
"""
# Every change of a run's results rewrites its days, and xmin is the transaction that
# wrote a row: the sums differ after a rewrite that came to the same counts.
_ROWS = f"""
SELECT m.id, md5(concat_ws('|', {_COMMON}, runs.links, runs.said, planned.said)),
       runs.newest_at
  FROM ingest_milestone m
 CROSS JOIN LATERAL (
       SELECT string_agg(concat(member.id, ' ', member.completed_at), ','
                         ORDER BY member.id) AS said,
              max(member.completed_at) AS completed_at
         FROM ingest_milestonemember member WHERE member.milestone_id = m.id) parts
 CROSS JOIN LATERAL (
       SELECT count(link.id) AS links, max(run.at) AS newest_at,
              sum(hashtextextended(concat(link.id, '|', run.id, '|', run.at, '|',
                  run.external_id, '|', run.detail, '|', run.removed_at, '|',
                  uncounted.id, '|', day.xmin, day), 0)) AS said
         FROM ingest_milestonemember member
         JOIN ingest_runmilestone link
           ON link.member_id = member.id AND link.removed_at IS NULL
         JOIN ingest_run run ON run.id = link.run_id
         LEFT JOIN ingest_runday day ON day.run_id = run.id
         LEFT JOIN dashboard_runjudgement uncounted
           ON uncounted.run_id = run.id AND uncounted.verdict = 'uncounted'
        WHERE member.milestone_id = m.id) runs
 CROSS JOIN LATERAL (
       SELECT concat(count(*), ' ', sum(hashtextextended(concat(link.id, '|',
                  own.gone_at, '|', member.cases_first_read_at), 0))) AS said
         FROM ingest_milestonemember member
         JOIN ingest_milestonecase link
           ON link.member_id = member.id AND link.removed_at IS NULL
         JOIN ingest_case own ON own.id = link.case_id
        WHERE member.milestone_id = m.id) planned
 WHERE m.id = ANY(%(milestones)s)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredProgress:
    """What is kept of a milestone, None where nothing is: `value` as JSON, if it was
    asked for, under the digests `seen` and `rows`. `seen_now` is the first of them as
    it is now.
    """

    seen_now: str
    seen: str | None
    rows: str | None
    value: str

    @property
    def holds(self) -> bool:
        """Whether nothing of the milestone's projects changed since."""
        return self.seen == self.seen_now


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A digest of the rows of a milestone, and the start of its newest run."""

    digest: str
    newest_at: datetime | None


def stored_progress(
    milestones: Sequence[int], today: date, *, with_values: bool = True
) -> dict[int, StoredProgress]:
    """What is kept of those that exist; one query that reads no run."""
    asked = {"with_values": with_values}
    return {
        pk: StoredProgress(seen_now=now, seen=seen, rows=rows, value=value or "")
        for pk, now, seen, rows, value in _query(_STORED, milestones, today, **asked)
    }


def row_versions(milestones: Sequence[int], today: date) -> dict[int, Version]:
    """The versions of those that exist; one query over their runs' days."""
    return {
        pk: Version(digest=digest, newest_at=newest_at)
        for pk, digest, newest_at in _query(_ROWS, milestones, today)
    }


def progress_digests(milestones: Sequence[int], today: date) -> dict[int, str]:
    """What tells of those that exist whether their progress is still the same. Runs' days
    of the past are counted anew, so that there any change in their projects does.
    """
    if past() is None:
        versions = row_versions(milestones, today)
        return {pk: version.digest for pk, version in versions.items()}
    stored = stored_progress(milestones, today, with_values=False)
    return {pk: one.seen_now for pk, one in stored.items()}


def _query(
    sql: str, milestones: Sequence[int], today: date, **more: Any
) -> list[tuple[Any, ...]]:
    values = {
        "milestones": list(milestones),
        "made_by": made_by(Progress),
        "today": today,
        **more,
    }
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())
