"""The figures of the standard windows, brought up to date beforehand."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from dashboard.filters import Filters, Window, with_default_branches
from dashboard.metrics.failing import FAILING, FAILING_BEFORE
from dashboard.metrics.failing_history import FAILING_HISTORY
from dashboard.metrics.flaky import FLAKY, FLAKY_BEFORE
from dashboard.metrics.flaky_history import FLAKY_HISTORY
from dashboard.metrics.flaky_states import FLAKY_STATES
from dashboard.metrics.histories import read_once
from dashboard.metrics.kept import PASSED_AN_EDGE, STANDARD_DAYS, Figure, edges_of
from dashboard.metrics.payloads import packed
from dashboard.metrics.second_opinions import RULE_COUNTS
from dashboard.metrics.slow import SLOW
from dashboard.models import StandardFigure
from ingest.models import Project

logger = logging.getLogger(__name__)

FIGURES: tuple[Figure[Any], ...] = (
    FAILING,
    FAILING_BEFORE,
    FAILING_HISTORY,
    FLAKY,
    FLAKY_BEFORE,
    FLAKY_HISTORY,
    FLAKY_STATES,
    RULE_COUNTS,
    SLOW,
)
# What is younger may be a little beside the present; see kept.TOLERANCE, which is
# longer by two rounds of the beat.
RENEWED_AFTER = timedelta(seconds=20)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Due:
    """A project and the windows whose figures no longer hold."""

    project: int
    version: int
    days: tuple[int, ...]


# A window is current while it has every figure of the project's version, of this UTC
# day, and no result has passed one of its edges.
_DUE = f"""
SELECT project.id, project.version
  FROM ingest_project project
  LEFT JOIN dashboard_projectchoice choice ON choice.project_id = project.id
 WHERE %(figures)s > (
     SELECT count(*) FROM dashboard_standardfigure kept
      WHERE kept.project_id = project.id AND kept.days = %(days)s
        AND kept.name = ANY(%(names)s)
        AND kept.branch = coalesce(choice.default_branch, '')
        AND kept.version = project.version
        AND (kept.ends_at AT TIME ZONE 'UTC')::date = (%(now)s AT TIME ZONE 'UTC')::date
        AND (kept.ends_at > %(now)s - %(renewed_after)s OR NOT {PASSED_AN_EDGE}))
 ORDER BY project.last_success_at DESC NULLS LAST, project.id
"""


def refresh(now: datetime | None = None) -> int:
    """Bring the figures of all projects up to date, newest synced first; gives how many
    windows were computed. Nothing while another process does it.
    """
    done = 0
    with _alone() as is_alone:
        for due in _due(now or timezone.now()) if is_alone else ():
            done += len(due.days)
            _renew(due, now or timezone.now())
    return done


@contextmanager
def _alone() -> Iterator[bool]:
    """Whether no other process is at it; the lock ends with the connection at last."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtext('standard figures'))")
        (is_alone,) = cursor.fetchone()
        try:
            yield is_alone
        finally:
            if is_alone:
                cursor.execute(
                    "SELECT pg_advisory_unlock(hashtext('standard figures'))"
                )


def _due(now: datetime) -> list[_Due]:
    found: dict[int, _Due] = {}
    for days in STANDARD_DAYS:
        edges = {edge for figure in FIGURES for edge in edges_of(figure, days)}
        values: dict[str, Any] = {
            "days": days,
            "names": [figure.key for figure in FIGURES],
            "figures": len(FIGURES),
            "now": now,
            "renewed_after": RENEWED_AFTER,
            "edges": sorted(edges),
        }
        with connection.cursor() as cursor:
            cursor.execute(_DUE, values)
            for project, version in cursor.fetchall():
                due = found.setdefault(
                    project, _Due(project=project, version=version, days=())
                )
                found[project] = replace(due, days=(*due.days, days))
    return list(found.values())


def _renew(due: _Due, now: datetime) -> None:
    """Compute the windows of a project anew. The version was read before the rows, so
    that a change in between makes the figures old, never wrong.
    """
    filters = with_default_branches(Filters(project=(due.project,), now=now))
    branch = dict(filters.branches_in_force).get(due.project, "")
    reach = max(edge for f in FIGURES for edge in edges_of(f, max(due.days)))
    rows = []
    with read_once(filters, Window(since=now - reach, until=now)):
        for days in due.days:
            asked = replace(filters, window_days=days)
            rows += [
                StandardFigure(
                    project_id=due.project,
                    days=days,
                    branch=branch,
                    name=figure.key,
                    version=due.version,
                    ends_at=now,
                    value=packed(figure.compute(asked)),
                )
                for figure in FIGURES
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
