"""Who a visitor is: a stranger who sees what the owner of a share may still show."""

from __future__ import annotations

from dashboard.models import Share
from dashboard.readers import Reader, Role, SharedLink
from dashboard.reading.rights import reader_of
from ingest.models import Project


def visitor_of(token: str) -> tuple[Share, Reader] | None:
    """None where the token opens nothing: unknown, expired, revoked, or its owner may
    share nothing of it any more. Ask it of the whole database.
    """
    share = Share.valid(token)
    projects = shown_projects(share) if share else frozenset()
    if share is None or not projects:
        return None
    link = SharedLink(id=share.pk, as_of=share.as_of, expires_at=share.expires_at)
    return share, Reader(projects=projects, share=link)


def shown_projects(share: Share) -> frozenset[int]:
    """Those of the share that there still are and that its owner may still show."""
    owner = reader_of(share.owner)
    if not share.owner.is_active or not owner.may(Role.EDITOR):
        return frozenset()
    rows = Project.objects.filter(pk__in=share.projects).values_list("pk", flat=True)
    kept = frozenset(rows)
    return kept if owner.projects is None else kept & owner.projects
