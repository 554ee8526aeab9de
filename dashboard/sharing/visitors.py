"""Who a visitor is: a stranger who sees what the owner of a share may still show."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone

from dashboard.models import Share
from dashboard.readers import Reader, SharedLink
from dashboard.reading.as_of import oldest_moment
from dashboard.reading.rights import Owners


def visitor_of(token: str) -> tuple[Share, Reader] | None:
    """None where the token opens nothing: unknown, expired, revoked, of a moment that is
    not known any more, or its owner may share nothing of it now. Ask it of the whole
    database.
    """
    share = Share.valid(token)
    if share is None or not is_open(share, timezone.now()):
        return None
    projects = Owners([share]).shown(share)
    if not projects:
        return None
    link = SharedLink(id=share.pk, as_of=share.as_of, expires_at=share.expires_at)
    return share, Reader(projects=projects, share=link)


def is_open(share: Share, now: datetime) -> bool:
    """Whether it was neither revoked nor has expired, and its moment is still known."""
    is_known = share.as_of is None or share.as_of >= oldest_moment(now)
    return is_known and share.is_open(now)
