"""Embeds: those that the reader made, to administrators those of all people."""

from __future__ import annotations

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404

from dashboard.models import Embed
from dashboard.readers import Role, reader


def embeds() -> QuerySet[Embed]:
    rows = Embed.objects.select_related("owner")
    if reader().may(Role.ADMIN):
        return rows
    return rows.filter(owner=reader().user_id)


def embed_or_404(embed_id: int) -> Embed:
    """What others made is as if it were not there, but to administrators."""
    return get_object_or_404(embeds(), pk=embed_id)
