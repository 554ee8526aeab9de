"""The figures of the standard windows, brought up to date beforehand."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from dashboard.advisory_lock import try_advisory_lock
from dashboard.filters import Filters, Window, with_what_counts
from dashboard.metrics.histories import read_in_parts
from dashboard.models import StandardFigure
from dashboard.precomputed.failing import FAILING, FAILING_BEFORE, FAILING_HISTORY
from dashboard.precomputed.figures import (
    STANDARD_DAYS,
    Figure,
    edges_of,
)
from dashboard.precomputed.flaky import FLAKINESS, RULE_COUNTS
from dashboard.precomputed.serialize import serialize
from dashboard.precomputed.slow import SLOW
from dashboard.precomputed.standup import NEWLY_FLAKY, STATUS_TRANSITIONS
from dashboard.precomputed.versions import HOLDS
from ingest.models import Project

logger = logging.getLogger(__name__)

FIGURES: tuple[Figure[Any], ...] = (
    FAILING,
    FAILING_BEFORE,
    FAILING_HISTORY,
    FLAKINESS,
    NEWLY_FLAKY,
    RULE_COUNTS,
    SLOW,
    STATUS_TRANSITIONS,
)
# What is younger may be a little beside the present; see figures.TOLERANCE, which is
# longer by two rounds of the beat.
RENEWED_AFTER = timedelta(seconds=20)
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Set:
    """Figures of windows of the same days that are computed together.

    Those that are `exact` are of the beginning of a minute.
    """

    days: int
    is_exact: bool
    figures: tuple[Figure[Any], ...]

    def moment(self, now: datetime) -> datetime:
        """The moment at which the windows of figures that are computed now end."""
        return now.replace(second=0, microsecond=0) if self.is_exact else now

    @property
    def edges(self) -> set[timedelta]:
        return {edge for figure in self.figures for edge in edges_of(figure, self.days)}


def _sets() -> tuple[_Set, ...]:
    sets = []
    for days in STANDARD_DAYS:
        for is_exact in (False, True):
            figures = tuple(
                figure
                for figure in FIGURES
                if days in figure.days and is_exact is not bool(figure.tolerance)
            )
            if figures:
                sets.append(_Set(days=days, is_exact=is_exact, figures=figures))
    return tuple(sets)


SETS = _sets()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Due:
    """A project and the figures that no longer hold."""

    project: int
    version: int
    sets: tuple[_Set, ...]


# A set is current while every figure of it holds.
_DUE = f"""
SELECT project.id, project.version
  FROM ingest_project project
  LEFT JOIN dashboard_projectchoice choice ON choice.project_id = project.id
 WHERE %(figures)s > (
     SELECT count(*) FROM dashboard_standardfigure kept
      WHERE kept.days = %(days)s AND kept.name = ANY(%(names)s)
        AND kept.branch = coalesce(choice.default_branch, '') AND {HOLDS})
 ORDER BY project.last_success_at DESC NULLS LAST, project.id
"""


def precompute(now: datetime | None = None) -> int:
    """Bring the figures of all projects up to date, newest synced first; gives how many
    sets of them were computed. Nothing while another process does it.
    """
    done = 0
    with try_advisory_lock("standard figures") as is_locked:
        for due in _due(now or timezone.now()) if is_locked else ():
            done += len(due.sets)
            _renew(due, now or timezone.now())
    return done


def _due(now: datetime) -> list[_Due]:
    found: dict[int, _Due] = {}
    for one in SETS:
        values: dict[str, Any] = {
            "days": one.days,
            "names": [figure.key for figure in one.figures],
            "figures": len(one.figures),
            "now": one.moment(now),
            "tolerance": 0 if one.is_exact else RENEWED_AFTER.total_seconds(),
            "edges": sorted(one.edges),
        }
        with connection.cursor() as cursor:
            cursor.execute(_DUE, values)
            for project, version in cursor.fetchall():
                due = found.setdefault(
                    project, _Due(project=project, version=version, sets=())
                )
                found[project] = replace(due, sets=(*due.sets, one))
    return list(found.values())


def _renew(due: _Due, now: datetime) -> None:
    """Compute the sets of a project anew. The version was read before the rows, so
    that a change in between makes the figures old, never wrong.
    """
    filters = with_what_counts(Filters(project=(due.project,), now=now))
    branch = dict(filters.branches_in_force).get(due.project, "")
    reach = max(edge for one in due.sets for edge in one.edges) + MINUTE
    rows = []
    read = read_in_parts(filters, Window(since=now - reach, until=now))
    for one in due.sets:
        ends_at = one.moment(now)
        asked = replace(filters, window_days=one.days, now=ends_at)
        rows += [
            StandardFigure(
                project_id=due.project,
                days=one.days,
                branch=branch,
                name=figure.key,
                version=due.version,
                ends_at=ends_at,
                value=serialize(figure.compute(asked, read)),
            )
            for figure in one.figures
        ]
    _store(due, branch, rows)


def _store(due: _Due, branch: str, rows: list[StandardFigure]) -> None:
    try:
        with transaction.atomic():
            old = StandardFigure.objects.filter(project=due.project)
            names = [figure.key for figure in FIGURES]
            old.exclude(branch=branch, name__in=names).delete()
            StandardFigure.objects.bulk_create(
                rows,
                update_conflicts=True,
                unique_fields=["name", "days", "project", "branch"],
                update_fields=["version", "ends_at", "value"],
            )
    except IntegrityError:
        if Project.objects.filter(pk=due.project).exists():
            raise
        logger.info("project %s was disconnected meanwhile", due.project)
