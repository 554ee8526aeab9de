"""Shares: those that the reader made, to administrators those of all people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, QuerySet

from dashboard.filters import Filters
from dashboard.filters.parsing import COMMON
from dashboard.lists.listing import Listing, PagePath
from dashboard.models import Share
from dashboard.readers import Role, reader


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareRow:
    """A page that whoever has its link may see. `url` is that link, which is told once,
    by the answer that made it; later it is null. A pinned share shows what was recorded
    `as_of`. `projects` are those that it may tell of, frozen when it was made.
    """

    id: int
    url: PagePath | None
    path: str
    pinned: bool
    as_of: datetime | None
    expires_at: datetime | None
    last_used_at: datetime | None
    projects: tuple[int, ...]


def select(filters: Filters) -> QuerySet[Share]:
    """Those that were not revoked."""
    shares = Share.objects.filter(revoked_at=None)
    if reader().may(Role.ADMIN):
        return shares
    return shares.filter(owner_id=reader().user_id)


def owned(*, of_all: bool) -> QuerySet[Share]:
    """With their owners: those of the reader, revoked ones too, or those of all people."""
    shares = Share.objects.select_related("owner")
    return shares if of_all else shares.filter(owner_id=reader().user_id)


def rows(shares: Sequence[Share]) -> list[ShareRow]:
    return [share_row(share) for share in shares]


def share_row(share: Share, url: PagePath | None = None) -> ShareRow:
    return ShareRow(
        id=share.pk,
        url=url,
        path=share.address,
        pinned=share.is_pinned,
        as_of=share.as_of,
        expires_at=share.expires_at,
        last_used_at=share.last_used_at,
        projects=tuple(share.projects),
    )


SHARES = Listing(
    name="shares",
    row=ShareRow,
    select=select,
    rows=rows,
    sorts={"id": F("pk")},
    default_sort="-id",
    refused=dict.fromkeys(COMMON - {"sort"}, "Shares are not chosen by it."),
)
