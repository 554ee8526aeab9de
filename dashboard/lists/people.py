"""People, teams and invitations, for pages of administrators."""

from __future__ import annotations

from allauth.mfa.models import Authenticator
from django.contrib.auth.models import User
from django.db.models import Count, Exists, OuterRef, QuerySet

from dashboard.models import Invitation, Team

MOST = 1000


def people() -> QuerySet[User]:
    """With role, teams and `has_code`: whether they have a second factor."""
    code = Authenticator.objects.filter(
        user=OuterRef("pk"), type=Authenticator.Type.TOTP
    )
    rows = User.objects.select_related("profile").prefetch_related("teams")
    return rows.annotate(has_code=Exists(code)).order_by("-is_active", "username")


def teams() -> QuerySet[Team]:
    return Team.objects.annotate(
        member_count=Count("members", distinct=True),
        project_count=Count("projects", distinct=True),
    ).order_by("name")


def invitations() -> QuerySet[Invitation]:
    return Invitation.objects.prefetch_related("teams").order_by("-pk")[:MOST]
