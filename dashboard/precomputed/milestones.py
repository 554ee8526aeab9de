"""Progress that was computed before, for as long as no row of its milestone changed."""

from __future__ import annotations

import json
import logging
from collections.abc import Collection, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from datetime import date
from typing import Any

from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from dashboard.filters import Filters
from dashboard.metrics.milestones.progress import Progress
from dashboard.metrics.milestones.progress import (
    progress_by_milestone as compute_progress,
)
from dashboard.metrics.milestones.risk import at_risk, open_with_due_day, without_window
from dashboard.precomputed.cached import cached_each
from dashboard.precomputed.milestone_calibrations import calibrations
from dashboard.precomputed.milestone_versions import (
    StoredProgress,
    Version,
    progress_digests,
    row_versions,
    stored_progress,
)
from dashboard.precomputed.serialize import deserialize, serialize
from dashboard.precomputed.unchanged_milestones import unchanged_since
from dashboard.reading.scope import present, scope
from ingest.models import Milestone
from ingest.series import day_of

KEPT_S = 24 * 3600
logger = logging.getLogger(__name__)


def progress(milestone_id: int, filters: Filters) -> Progress:
    """Of one milestone, over its runs that pass the filters.

    Without a window all of their results count. Raises Milestone.DoesNotExist.
    """
    milestone = Milestone.objects.get(pk=milestone_id)
    return progress_by_milestone([milestone], filters)[milestone_id]


def progress_by_milestone(
    milestones: Sequence[Milestone], filters: Filters
) -> dict[int, Progress]:
    """Of several, by id: what is kept, and the others computed.

    Over all runs it is kept in a table. With filters, or for a reader who does not see
    everything, it is kept in the cache for a day, as there are too many. A window moves on
    with every moment, so with one nothing is kept.
    """
    if filters.list_window() is not None or not milestones:
        return _computed(milestones, filters)
    if _is_plain(filters):
        found = _whole(milestones, filters)
    else:
        found = _from_cache(milestones, filters)
    # What is kept may be of an earlier day, where the milestone ended before.
    today = day_of(filters.now)
    return {pk: replace(one, today=today) for pk, one in found.items()}


def progress_by_id(ids: Collection[int], filters: Filters) -> dict[int, Progress]:
    """The same of those of the milestones that are there."""
    return progress_by_milestone(list(Milestone.objects.filter(pk__in=ids)), filters)


def at_risk_milestones(filters: Filters) -> list[Progress]:
    """Open milestones of the chosen projects that are overdue, then those at risk, each
    the soonest due first.

    Each row has milestone (id), name, due_at, forecast (None of some that are overdue),
    passed_share, left and counts. `milestone` narrows too; a window does not: a
    milestone is the whole of its runs. A fixed number of queries.
    """
    whole = without_window(filters)
    return at_risk(progress_by_milestone(open_with_due_day(filters), whole).values())


def _computed(milestones: Sequence[Milestone], filters: Filters) -> dict[int, Progress]:
    """From the rows, with forecasts that learn from what was completed before."""
    plain = Filters(now=filters.now)

    def completed(ended: Sequence[Milestone]) -> dict[int, Progress]:
        return _whole(ended, plain) if ended else {}

    known = calibrations(milestones, filters, completed)
    return compute_progress(milestones, filters, known)


def _is_plain(filters: Filters) -> bool:
    """Whether they choose nothing but milestones, and a moment, of all that there is:
    forecasts learn from other milestones, of which a reader may not see some.
    """
    if scope().projects is not None:
        return False
    said = [name for name, _ in filters.pairs() if name not in ("milestone", "as_of")]
    return not said and not filters.branches_in_force


def _whole(milestones: Sequence[Milestone], filters: Filters) -> dict[int, Progress]:
    """Over all runs: what is kept, also for the past as far as nothing changed since."""
    if filters.as_of is None:
        return _from_table(milestones, filters)
    with present():
        same = unchanged_since(filters.as_of, [one.pk for one in milestones])
        kept = [one for one in milestones if one.pk in same]
        found = _from_table(kept, Filters(now=timezone.now(), as_of=None))
    others = [one for one in milestones if one.pk not in same]
    return found | (_from_cache(others, filters) if others else {})


def _from_table(
    milestones: Sequence[Milestone], filters: Filters
) -> dict[int, Progress]:
    today = day_of(filters.now)
    known = stored_progress([m.pk for m in milestones], today)
    rows = changed_milestones(known, today)
    new = [m for m in milestones if m.pk in rows or m.pk not in known]
    found = _computed(new, filters) if new else {}
    _keep(found, known, rows)
    return found | {
        pk: deserialize(Progress, json.loads(one.value))
        for pk, one in known.items()
        if pk not in found
    }


def changed_milestones(
    stored: Mapping[int, StoredProgress], today: date
) -> dict[int, Version]:
    """The milestones of which the rows are others than those that were kept, or nothing
    was, with the version of their rows. The rest is marked as up to date.
    """
    old = [pk for pk, one in stored.items() if not one.holds]
    rows = row_versions(old, today) if old else {}
    same = [pk for pk in rows if rows[pk].digest == stored[pk].rows]
    if same:
        _write(_SEEN, [same, [stored[pk].seen_now for pk in same]])
    return {pk: rows[pk] for pk in rows.keys() - same}


_SEEN = """
UPDATE dashboard_milestonefigure known SET seen = new.seen
  FROM unnest(%s::bigint[], %s::text[]) AS new(milestone, seen)
 WHERE known.milestone_id = new.milestone
"""
# In one order, so that two who write the same ones do not wait for each other.
_KEEP = """
INSERT INTO dashboard_milestonefigure AS known (milestone_id, seen, rows, value)
SELECT * FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::jsonb[])
    AS new(milestone, seen, rows, value) ORDER BY milestone
    ON CONFLICT (milestone_id) DO UPDATE
   SET seen = excluded.seen, rows = excluded.rows, value = excluded.value
"""


def _keep(
    computed: Mapping[int, Progress],
    stored: Mapping[int, StoredProgress],
    rows: Mapping[int, Version],
) -> None:
    """Store progress under versions that were read before it was computed."""
    ids = sorted(computed.keys() & rows.keys())
    if not ids:
        return
    values = [
        ids,
        [stored[pk].seen_now for pk in ids],
        [rows[pk].digest for pk in ids],
        [json.dumps(serialize(computed[pk])) for pk in ids],
    ]
    _write(_KEEP, values)


def _write(sql: str, values: list[Any]) -> None:
    """Whoever asked has the answer: a database that cannot store it is only logged."""
    # A statement alone is a transaction; inside one, only itself must be undone.
    inside = transaction.atomic() if connection.in_atomic_block else nullcontext()
    try:
        with inside, connection.cursor() as cursor:
            cursor.execute(sql, values)
    except DatabaseError as error:
        logger.warning("figures of milestones are not kept: %s", error)


def _from_cache(
    milestones: Sequence[Milestone], filters: Filters
) -> dict[int, Progress]:
    by_id = {milestone.pk: milestone for milestone in milestones}
    digests = progress_digests(list(by_id), day_of(filters.now))
    if len(digests) < len(by_id):
        # One was joined to another meanwhile.
        return _computed(milestones, filters)
    return cached_each(
        "milestone",
        Progress,
        filters,
        digests,
        lambda new: _computed([by_id[pk] for pk in sorted(new)], filters),
        KEPT_S,
    )
