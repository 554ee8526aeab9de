"""How acts of people tell precomputed figures that numbers may be others now."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import F

from ingest.models import Project


def raise_versions(projects: Iterable[int]) -> None:
    """Numbers of these projects may be others now. Call it in a transaction."""
    chosen = Project.objects.filter(pk__in=list(projects))
    # In one order, so that two who change the same projects do not wait for each other.
    list(chosen.select_for_update(no_key=True).order_by("pk").values_list("pk"))
    chosen.update(version=F("version") + 1)
