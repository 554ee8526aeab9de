"""What the audit log keeps of shares: who let strangers see what, until when."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction
from django.utils import timezone

from dashboard.annotations.audit_log import NOTHING, note
from dashboard.models import ActKind, Share


def note_made(share: Share, *, by: str) -> None:
    _note(share, NOTHING, _said(share), by)


def revoke(share: Share, *, by: str) -> None:
    """End it at once; a second time changes nothing."""
    open_ones = Share.objects.filter(pk=share.pk, revoked_at=None)
    with transaction.atomic():
        if open_ones.update(revoked_at=timezone.now()):
            _note(share, _said(share), NOTHING, by)


def _note(
    share: Share, before: Mapping[str, object], after: Mapping[str, object], by: str
) -> None:
    note(
        ActKind.SHARE,
        by=by,
        about=share.pk,
        name=share.path,
        before=before,
        after=after,
    )


def _said(share: Share) -> dict[str, object]:
    until = share.expires_at.isoformat() if share.expires_at else None
    return {
        "projects": share.projects,
        "filters": share.query,
        "until": until,
        "is_pinned": share.is_pinned,
    }
