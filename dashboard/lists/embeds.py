"""Embeds: those that the reader made, to administrators those of all people."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404

from dashboard.models import Embed
from dashboard.readers import Role, reader
from ingest.models import Project


def embeds() -> QuerySet[Embed]:
    rows = Embed.objects.select_related("owner")
    if reader().may(Role.ADMIN):
        return rows
    return rows.filter(owner=reader().user_id)


def embed_or_404(embed_id: int) -> Embed:
    return get_object_or_404(Embed, pk=embed_id)


def projects_there(ids: Collection[int]) -> frozenset[int]:
    """Those of them that are still there."""
    rows = Project.objects.filter(pk__in=ids)
    return frozenset(rows.values_list("pk", flat=True))
