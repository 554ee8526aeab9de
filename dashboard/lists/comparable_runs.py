"""Runs that can be held against each other, nearest first."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Q, QuerySet

from dashboard.metrics.run_before import alike
from ingest.contract import Detail
from ingest.models import Run

AT_MOST = 20
_IS_COMPARABLE = Q(removed_at__isnull=True, detail=Detail.ROWS)


def named_run(run_id: int) -> Run | None:
    """With all that its name and facts are made of."""
    return _named().filter(pk=run_id).first()


def may_be_base(run: Run, base: int) -> bool:
    """Whether a run of its project may be held against it."""
    same = _comparable().filter(project_id=run.project_id).exclude(pk=run.pk)
    return same.filter(pk=base).exists()


def earlier_alike(run: Run) -> list[Run]:
    """The newest runs like it that began before it did, of whatever suite; with what
    tells them apart.
    """
    earlier = Run.objects.filter(
        _IS_COMPARABLE, pk__in=alike(run).values("pk"), at__lt=run.at
    )
    return _newest(earlier.only("name", "external_id", "at"), AT_MOST)


def comparable_runs(near: Run | None) -> list[tuple[str, Sequence[Run]]]:
    """Newest runs with results test by test, under what they have in common with one:
    those like it, those of its project, others. Without one the newest of all.
    """
    if near is None:
        return [("Newest runs", _newest(_comparable(), 2 * AT_MOST))]
    same = _newest(_comparable().filter(pk__in=alike(near).values("pk")), AT_MOST)
    of_project = _comparable().filter(project_id=near.project_id)
    rest = _newest(of_project.exclude(pk__in=[run.pk for run in same]), AT_MOST)
    others = _comparable().exclude(project_id=near.project_id)
    return [
        ("Same source, configuration and branch", same),
        (f"Others of {near.project.name}", [r for r in rest if r.pk != near.pk]),
        ("Other projects", _newest(others, AT_MOST)),
    ]


def _named() -> QuerySet[Run]:
    return Run.objects.select_related("project__connection", "source", "configuration")


def _comparable() -> QuerySet[Run]:
    return _named().filter(_IS_COMPARABLE)


def _newest(chosen: QuerySet[Run], most: int) -> list[Run]:
    return list(chosen.order_by("-at", "-pk")[:most])
