"""API tokens, without their text, which nobody has."""

from __future__ import annotations

from django.db.models import QuerySet

from dashboard.models import ApiToken

MOST = 500


def tokens_of(user_id: int | None) -> QuerySet[ApiToken]:
    """One person's, None for everybody's: those that work first, the newest first."""
    rows = ApiToken.objects.select_related("user").prefetch_related("projects")
    if user_id is not None:
        rows = rows.filter(user_id=user_id)
    return rows.order_by("revoked_at", "-pk")[:MOST]


def token_of(token_id: int, user_id: int | None) -> ApiToken | None:
    """One person's, None for anybody's."""
    rows = ApiToken.objects.select_related("user").filter(pk=token_id)
    return (rows if user_id is None else rows.filter(user_id=user_id)).first()
