"""Pages that an editor shows to whoever holds a link."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from dashboard.models.tokens import token_hash
from dashboard.models.uses import Used

# 256 bits, as they are written in an address.
TOKEN_BYTES, TOKEN_LENGTH = 32, 43


class Share(Used):
    """A page with its filters, read-only, for people without an account.

    Whoever has the token has the page; only the token's hash is stored. `path` and
    `query` are those of the page, `query` in its one spelling. `projects` are the ids of
    those that it may tell of, frozen when it was made; what its owner may not see any
    more is not shown, and when the owner may share nothing any more the share ends.
    A pinned share shows what was recorded `as_of`, of the time from `since` to `until`;
    the others show the present.
    """

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="shares"
    )
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    path = models.TextField()
    query = models.TextField(blank=True)
    projects = ArrayField(models.BigIntegerField())
    is_pinned = models.BooleanField(default=False)
    as_of = models.DateTimeField(null=True, blank=True)
    since = models.DateTimeField(null=True, blank=True)
    until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["owner", "-id"], name="share_of_owner")]

    def __str__(self) -> str:
        return f"share {self.pk} of {self.address}"

    @property
    def address(self) -> str:
        """The page, below the root of the site."""
        return f"{self.path}?{self.query}" if self.query else self.path

    @classmethod
    def make(cls, owner_id: int, **values: Any) -> tuple[Self, str]:
        """A new share and its token, which cannot be had again."""
        token = secrets.token_urlsafe(TOKEN_BYTES)
        share = cls.objects.create(
            owner_id=owner_id, token_hash=token_hash(token), **values
        )
        return share, token

    @classmethod
    def valid(cls, token: str) -> Self | None:
        """The share of this token with its owner, unless it expired or was revoked."""
        wanted = token_hash(token)
        found = cls.objects.select_related("owner").filter(token_hash=wanted).first()
        # Compared where there is none too, so that it takes as long.
        is_same = constant_time_compare(found.token_hash if found else "", wanted)
        return found if found and is_same and found.is_open(timezone.now()) else None

    def is_open(self, now: datetime) -> bool:
        """Whether it was neither revoked nor has expired."""
        return self.revoked_at is None and (
            self.expires_at is None or self.expires_at > now
        )
