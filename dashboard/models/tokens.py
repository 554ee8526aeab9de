"""Keys to the API."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

TOKEN_PREFIX = "passline_"
# Noting every single use would cost a write for each request.
USE_NOTED_EVERY = timedelta(minutes=1)


def token_hash(token: str) -> str:
    """What is stored of a token. It has 256 random bits, so no slow hash is needed."""
    return hashlib.sha256(token.encode()).hexdigest()


class ApiToken(models.Model):
    """A key to the API in a user's name; only its hash is stored."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_tokens"
    )
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    can_write = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"token {self.pk} of {self.user}"

    @classmethod
    def issue(
        cls, user_id: int, *, can_write: bool, expires_at: datetime | None
    ) -> tuple[Self, str]:
        """A new token and its text, which cannot be had again."""
        text = TOKEN_PREFIX + secrets.token_urlsafe(32)
        token = cls.objects.create(
            user_id=user_id,
            token_hash=token_hash(text),
            can_write=can_write,
            expires_at=expires_at,
        )
        return token, text

    @classmethod
    def valid(cls, text: str) -> Self | None:
        """The token of this text, unless it expired, was revoked or its user is gone."""
        now = timezone.now()
        return (
            cls.objects.select_related("user")
            .filter(token_hash=token_hash(text), user__is_active=True)
            .filter(Q(expires_at__isnull=True) | Q(expires_at__gt=now))
            .filter(revoked_at__isnull=True)
            .first()
        )

    def note_use(self) -> None:
        """Remember that the token was used, at most once a minute."""
        now = timezone.now()
        unknown = Q(last_used_at__isnull=True) | Q(
            last_used_at__lt=now - USE_NOTED_EVERY
        )
        type(self).objects.filter(unknown, pk=self.pk).update(last_used_at=now)
