"""How many cases failed at the end of each day, and how many began to fail lately."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

from django.db import connection

from dashboard.filters import Filters, Window
from dashboard.metrics.failing_series import PASSED, failing_series_at

# What counts as new in a sentence: since about this time yesterday.
LATELY = timedelta(hours=24)
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class FailingHistory:
    """Numbers of failing cases, each as `failing_now` at the end of a window of the same
    length: `now` and `previous` (where the window begins) by project, `by_day` at the
    end of each UTC day, the last at the end of the window. `began` are those whose
    streak began in the last 24 h of the window.
    """

    now: Mapping[int, int]
    previous: Mapping[int, int]
    began: Mapping[int, int]
    by_day: tuple[int, ...]


# A result that did not pass holds until the next decided one of its series; it fails at
# a moment that lies in between and at most a window's length after it. The last moment
# is the window's end, so what is retired then has begun nothing.
_ENDS = f"""
bad AS (SELECT * FROM placed WHERE status <> {PASSED}),
moments AS (
    SELECT * FROM unnest(%s::timestamptz[]) WITH ORDINALITY AS each(moment, place)),
ends AS (
    SELECT bad.*, moments.moment, moments.place FROM bad CROSS JOIN moments
     WHERE at < moment AND at >= moment - %s
       AND (next_at IS NULL OR next_at >= moment))"""
_SQL = """
, failing AS (
    SELECT ends.* FROM ends
      LEFT JOIN retired USING (moment, case_id, configuration, branch)
     WHERE retired.case_id IS NULL)
SELECT place, project_id, count(DISTINCT case_id) FROM failing GROUP BY place, project_id
UNION ALL
SELECT 0, project_id, count(*)
  FROM (SELECT bad.project_id, bad.case_id, min(bad.at) AS since
          FROM bad LEFT JOIN retired
            ON retired.case_id = bad.case_id AND retired.branch = bad.branch
           AND retired.configuration = bad.configuration AND retired.moment = %s
         WHERE bad.passes = 0 AND bad.at >= %s AND retired.case_id IS NULL
         GROUP BY bad.project_id, bad.case_id) AS streaks
 WHERE since >= %s
 GROUP BY project_id
"""


def failing_history(filters: Filters) -> FailingHistory:
    """Of the window of the filters, and of the one before it."""
    window = filters.window()
    moments = [window.since, *day_ends(window)]
    both = Window(since=window.previous.since, until=window.until)
    length = window.until - window.since
    ends = _ENDS, [moments, length]
    series, params = failing_series_at(filters, both, ends, moments, length)
    after: list[Any] = [window.until, window.since, window.until - LATELY]
    found: dict[int, dict[int, int]] = {}
    with connection.cursor() as cursor:
        cursor.execute(f"WITH {series} {_SQL}", [*params, *after])
        for place, project, cases in cursor.fetchall():
            found.setdefault(place, {})[project] = cases
    return FailingHistory(
        now=found.get(len(moments), {}),
        previous=found.get(1, {}),
        began=found.get(0, {}),
        by_day=_sums(found, range(2, len(moments) + 1)),
    )


def day_ends(window: Window) -> Sequence[datetime]:
    """The ends of the UTC days that the window touches; its own end is the last."""
    midnight = datetime.combine(window.since.astimezone(UTC).date(), time(), UTC) + DAY
    ends = []
    while midnight < window.until:
        ends.append(midnight)
        midnight += DAY
    return [*ends, window.until]


def _sums(by_moment: Mapping[int, Mapping[int, int]], places: range) -> tuple[int, ...]:
    return tuple(sum(by_moment.get(place, {}).values()) for place in places)
