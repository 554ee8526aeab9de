"""Progress that was computed before, for as long as no row of its milestone changed."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from django.core.cache import cache
from django.db import connection
from redis.exceptions import RedisError

from dashboard.filters import Filters
from ingest.models import Milestone
from ingest.series import day_of

if TYPE_CHECKING:
    from dashboard.metrics.milestones.progress import Progress

KEPT_S = 24 * 3600
# To be raised with every change of what Progress holds or means: a cache outlives an
# upgrade.
FORMAT = 1
logger = logging.getLogger(__name__)

# xmin is the transaction that wrote a row, so the sums differ after any rewrite. Every
# change of a run's results rewrites its days.
_VERSIONS = """
SELECT m.id, concat(m.xmin, '|', m, '|', max(member.completed_at), '|',
       count(link.id), '|', sum(hashtextextended(concat(
           link.id, '|', run.xmin, run.removed_at, '|', day.xmin, day), 0)),
       '|', (SELECT concat(count(*), ' ', sum(hashtextextended(
                 concat(grouped.xmin, grouped), 0)))
               FROM dashboard_groupedcase grouped))
  FROM ingest_milestone m
  LEFT JOIN ingest_milestonemember member ON member.milestone_id = m.id
  LEFT JOIN ingest_runmilestone link
         ON link.member_id = member.id AND link.removed_at IS NULL
  LEFT JOIN ingest_run run ON run.id = link.run_id
  LEFT JOIN ingest_runday day ON day.run_id = run.id
 WHERE m.id = ANY(%s)
 GROUP BY m.id
"""


def kept(
    milestones: Sequence[Milestone],
    filters: Filters,
    compute: Callable[[Sequence[Milestone]], dict[int, Progress]],
) -> dict[int, Progress]:
    """Progress by milestone: what was kept, and what `compute` gives for the others.

    A window moves on with every moment, so with one nothing is kept.
    """
    if filters.list_window() is not None or not milestones:
        return compute(milestones)
    keys = _keys(milestones, filters)
    try:
        known: Mapping[str, Progress] = cache.get_many(list(keys.values()))
        new = [m for m in milestones if keys[m.pk] not in known]
        computed = compute(new) if new else {}
        cache.set_many({keys[pk]: one for pk, one in computed.items()}, KEPT_S)
    except RedisError as error:
        logger.warning("milestones are computed without the cache: %s", error)
        return compute(milestones)
    return {
        m.pk: known[keys[m.pk]] if keys[m.pk] in known else computed[m.pk]
        for m in milestones
    }


def _keys(milestones: Sequence[Milestone], filters: Filters) -> dict[int, str]:
    """A key that changes with the rows, the filters and the day."""
    with connection.cursor() as cursor:
        cursor.execute(_VERSIONS, [[milestone.pk for milestone in milestones]])
        versions = dict(cursor.fetchall())
    about = f"{filters.to_query()}|{day_of(filters.now)}"
    return {pk: _key(f"{pk}|{about}|{version}") for pk, version in versions.items()}


def _key(text: str) -> str:
    return f"milestone:{FORMAT}:{hashlib.sha256(text.encode()).hexdigest()}"
