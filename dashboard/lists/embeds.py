"""Embeds: those that the reader made, to administrators those of all people."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone

from dashboard.models import Embed, EmbedKind
from dashboard.readers import Role, reader
from ingest.models import Project


def embeds() -> QuerySet[Embed]:
    rows = Embed.objects.select_related("owner")
    if reader().may(Role.ADMIN):
        return rows
    return rows.filter(owner=reader().user_id)


def make_embed(
    kind: EmbedKind, query: str, projects: Collection[int], ends_at: datetime | None
) -> Embed:
    """One of the reader's, who is somebody."""
    owner = reader().user_id
    assert owner is not None
    return Embed.objects.create(
        owner_id=owner,
        kind=kind,
        query=query,
        projects=sorted(projects),
        created_at=timezone.now(),
        expires_at=ends_at,
    )


def embed_or_404(embed_id: int) -> Embed:
    return get_object_or_404(Embed, pk=embed_id)


def revoke(embed: Embed) -> None:
    """End it at once; a second time changes nothing."""
    open_ones = Embed.objects.filter(pk=embed.pk, revoked_at=None)
    open_ones.update(revoked_at=timezone.now())


def projects_there(ids: Collection[int]) -> frozenset[int]:
    """Those of them that are still there."""
    rows = Project.objects.filter(pk__in=ids)
    return frozenset(rows.values_list("pk", flat=True))
