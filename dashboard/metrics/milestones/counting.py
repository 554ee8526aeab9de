"""What the rows of milestones come to: counts by project and status, changes by day."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import connection

from dashboard.filters import Filters
from dashboard.metrics.milestones.finals import ENTERED, RULING, finals
from ingest.contract import Detail, Status
from ingest.models import STATUS_CODES, STATUS_OF_CODE

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class DayChange:
    """What one UTC day changed: cases that came into scope, that were decided for the
    first time, and that passed more than the day before. `is_active`: it has results.
    """

    day: date
    scope: int = 0
    decided: int = 0
    passed: int = 0
    is_active: bool = False


@dataclass(slots=True)
class MilestoneCounts:
    """One milestone. `by_project`: cases by status of each project, `by_run`: cases that
    count with a result of the run; `starts_at`: the start of the first run; `results`:
    the final results read; `planned_on`: the day on which the first of the tests that
    were assigned to it came into scope.
    """

    by_project: dict[int, dict[Status, int]] = field(default_factory=dict)
    by_run: dict[int, int] = field(default_factory=dict)
    days: dict[date, DayChange] = field(default_factory=dict)
    runs: list[int] = field(default_factory=list)
    runs_without_rows: list[int] = field(default_factory=list)
    results_without_rows: int = 0
    results: int = 0
    starts_at: datetime | None = None
    planned_on: date | None = None


# On each day a test's last decided result rules. What it says counts from the moment at
# which the test is in scope, so that passed ≤ decided ≤ scope on every day.
_COUNTED = """
, dated AS (
    SELECT *, (greatest(at, min(run_at) OVER (PARTITION BY milestone_id, test))
              AT TIME ZONE 'UTC')::date AS day
      FROM finals),
day_ends AS (
    SELECT DISTINCT ON (milestone_id, test, day) milestone_id, test, day,
           (status = %s)::int AS passed
      FROM dated WHERE is_decided
     ORDER BY milestone_id, test, day, at DESC, external_id DESC, project_id DESC,
              ordinal DESC),
changes AS (
    SELECT milestone_id, day, passed,
           lag(passed) OVER (PARTITION BY milestone_id, test ORDER BY day) AS before
      FROM day_ends)
SELECT 'status', milestone_id, project_id, status, NULL::date, count(*), 0
  FROM ruling GROUP BY milestone_id, project_id, status
 UNION ALL
SELECT 'run', milestone_id, run_id, 0, NULL::date, count(*), 0
  FROM ruling WHERE run_id IS NOT NULL GROUP BY milestone_id, run_id
 UNION ALL
SELECT 'entered', milestone_id, 0, 0, (at AT TIME ZONE 'UTC')::date, count(*), 0
  FROM entered GROUP BY milestone_id, 5
 UNION ALL
SELECT 'changed', milestone_id, 0, 0, day, sum(passed - coalesce(before, 0)),
       count(*) FILTER (WHERE before IS NULL)
  FROM changes GROUP BY milestone_id, day
 UNION ALL
SELECT 'active', milestone_id, 0, 0, day, count(*), 0
  FROM dated WHERE NOT is_planned GROUP BY milestone_id, day
 UNION ALL
SELECT 'planned', milestone_id, 0, 0, min(at AT TIME ZONE 'UTC')::date, count(*), 0
  FROM finals WHERE is_planned GROUP BY milestone_id
 UNION ALL
SELECT 'held', milestone_id, run_id, (runs.detail = %s)::int, NULL::date,
       run.passed + run.failed + run.error + run.skipped + run.blocked + run.untested
       + run.running + run.unknown, (extract(epoch FROM runs.at) * 1000000)::bigint
  FROM runs JOIN ingest_run run ON run.id = runs.run_id
"""


def milestone_counts(
    milestones: Collection[int], filters: Filters
) -> Mapping[int, MilestoneCounts]:
    """Of each milestone, in one query whatever their number."""
    found = {milestone: MilestoneCounts() for milestone in milestones}
    if not found:
        return found
    sql, params = finals(found, filters)
    with connection.cursor() as cursor:
        passed = STATUS_CODES[Status.PASSED]
        query = f"WITH {sql}, {RULING}, {ENTERED} {_COUNTED}"
        cursor.execute(query, [*params, passed, Detail.COUNTS])
        for kind, milestone, *values in cursor.fetchall():
            _ADD[kind](found[milestone], *values)
    for one in found.values():
        one.runs.sort()
        one.runs_without_rows.sort()
    return found


def _add_run(
    into: MilestoneCounts,
    run: int,
    has_totals_only: int,
    _: date,
    results: int,
    at_us: int,
) -> None:
    into.runs.append(run)
    if has_totals_only:
        into.runs_without_rows.append(run)
        into.results_without_rows += results
    at = EPOCH + timedelta(microseconds=at_us)
    if into.starts_at is None or at < into.starts_at:
        into.starts_at = at


def _add_status(
    into: MilestoneCounts, project: int, code: int, _: date, number: int, __: int
) -> None:
    into.by_project.setdefault(project, {})[STATUS_OF_CODE[code]] = number


def _add_to_day(into: MilestoneCounts, day: date, **more: Any) -> None:
    known = into.days.get(day) or DayChange(day=day)
    into.days[day] = DayChange(
        day=day,
        scope=known.scope + more.get("scope", 0),
        decided=known.decided + more.get("decided", 0),
        passed=known.passed + more.get("passed", 0),
        is_active=known.is_active or more.get("is_active", False),
    )


def _add_active(
    into: MilestoneCounts, _: int, __: int, day: date, n: int, ___: int
) -> None:
    into.results += n
    _add_to_day(into, day, is_active=True)


def _add_planned(
    into: MilestoneCounts, _: int, __: int, day: date, ___: int, ____: int
) -> None:
    into.planned_on = day


def _add_run_share(
    into: MilestoneCounts, run: int, _: int, __: date, n: int, ___: int
) -> None:
    into.by_run[run] = n


_ADD = {
    "held": _add_run,
    "status": _add_status,
    "run": _add_run_share,
    "entered": lambda into, _, __, day, n, ___: _add_to_day(into, day, scope=n),
    "changed": lambda into, _, __, day, passed, decided: _add_to_day(
        into, day, passed=int(passed), decided=decided
    ),
    "active": _add_active,
    "planned": _add_planned,
}
