"""Invitations: who may make themselves a user, once, and as what."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import datetime
from typing import Self

from django.db import models
from django.utils import timezone

from dashboard.models.people import Team
from dashboard.models.tokens import token_hash
from dashboard.readers import Role


class Invitation(models.Model):
    """A link that makes one person; only the hash of its token is stored.

    `email` is where it was sent, "" where nobody said; `used_by` is the person made.
    """

    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    email = models.EmailField(blank=True)
    role = models.CharField(max_length=6, default=Role.VIEWER.value)
    teams = models.ManyToManyField(Team, blank=True)
    by = models.CharField(max_length=200)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    used_by = models.CharField(max_length=200, blank=True)
    taken_back_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.email or f"by link {self.pk}"

    @classmethod
    def issue(
        cls,
        *,
        email: str,
        role: Role,
        teams: Iterable[Team],
        expires_at: datetime,
        by: str,
    ) -> tuple[Self, str]:
        """A new invitation and the text of its token, which cannot be had again."""
        text = secrets.token_urlsafe(32)
        row = cls.objects.create(
            token_hash=token_hash(text),
            email=email,
            role=role.value,
            by=by,
            expires_at=expires_at,
        )
        row.teams.set(teams)
        return row, text

    @classmethod
    def of(cls, text: str) -> Self | None:
        """The invitation of this text, whether it still holds or not."""
        return cls.objects.filter(token_hash=token_hash(text)).first()

    @property
    def holds(self) -> bool:
        is_over = self.used_at or self.taken_back_at
        return not is_over and self.expires_at > timezone.now()

    def use(self, by: str) -> bool:
        """Whether it held until now and is used with this; only one caller gets True."""
        now = timezone.now()
        open_ones = type(self).objects.filter(
            pk=self.pk, used_at=None, taken_back_at=None, expires_at__gt=now
        )
        return bool(open_ones.update(used_at=now, used_by=by))

    def take_back(self) -> bool:
        """Whether it was still open."""
        open_ones = type(self).objects.filter(
            pk=self.pk, used_at=None, taken_back_at=None
        )
        return bool(open_ones.update(taken_back_at=timezone.now()))
