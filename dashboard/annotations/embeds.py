"""Pictures for other pages made and ended, each act kept."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from dashboard.annotations.audit_log import NOTHING, Said, note
from dashboard.models import ActKind, Embed, EmbedKind


@transaction.atomic
def make(
    owner_id: int,
    kind: EmbedKind,
    query: str,
    projects: Collection[int],
    *,
    by: str,
    ends_at: datetime | None,
) -> Embed:
    embed = Embed.objects.create(
        owner_id=owner_id,
        kind=kind,
        query=query,
        projects=sorted(projects),
        created_at=timezone.now(),
        expires_at=ends_at,
    )
    _note(embed, NOTHING, _said(embed), by)
    return embed


@transaction.atomic
def revoke(embed: Embed, *, by: str) -> None:
    """End it at once; a second time changes nothing."""
    open_ones = Embed.objects.filter(pk=embed.pk, revoked_at=None)
    if open_ones.update(revoked_at=timezone.now()):
        _note(embed, _said(embed), NOTHING, by)


def _note(embed: Embed, before: Said, after: Said, by: str) -> None:
    kind = ActKind.EMBED
    note(kind, by=by, about=embed.pk, name=embed.kind, before=before, after=after)


def _said(embed: Embed) -> Said:
    until = embed.expires_at.isoformat() if embed.expires_at else None
    return {"projects": embed.projects, "filters": embed.query, "until": until}
