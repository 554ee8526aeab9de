"""Pictures that other pages embed."""

from __future__ import annotations

import secrets
from datetime import datetime

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.signing import BadSignature, Signer
from django.db import models
from django.db.models import Q
from django.utils import timezone

from dashboard.models.uses import Used


class EmbedKind(models.TextChoices):
    """What is drawn; the word stands in the picture's address."""

    PASS_RATE = "pass-rate", "Pass rate"
    FAILING = "failing", "Failing now"
    FLAKY = "flaky", "Flaky tests"
    DATA = "data", "Freshness"
    TREND = "trend", "Pass rate with its days"
    DAILY = "daily", "Daily outcomes"
    BURN_UP = "burn-up", "Burn-up"


def _new_key() -> str:
    return secrets.token_urlsafe(12)


def _signer() -> Signer:
    return Signer(salt="dashboard.embeds", sep=".", algorithm="sha256")


class Embed(Used):
    """A picture of what its owner may see, at an address that anybody may ask.

    `query` holds the filters, `projects` all that the owner saw of them when it was made:
    it never shows others. The address is the `key` with its signature, so that it can be
    told again, and neither a copy of this table nor a guess makes one.
    """

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="embeds"
    )
    key = models.CharField(max_length=16, unique=True, default=_new_key, editable=False)
    kind = models.CharField(max_length=9, choices=EmbedKind.choices)
    query = models.TextField(blank=True)
    projects = ArrayField(models.BigIntegerField())
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.kind} of {self.owner}"

    @property
    def token(self) -> str:
        """What stands in its address."""
        return _signer().sign(self.key)

    @classmethod
    def opened_by(cls, token: str, now: datetime) -> Embed | None:
        """The embed of this token, unless it expired or was revoked, or its owner may
        not log in any more.
        """
        try:
            key = _signer().unsign(token)
        except BadSignature:
            return None
        alive = Q(expires_at__isnull=True) | Q(expires_at__gt=now)
        found = cls.objects.filter(alive, key=key, revoked_at__isnull=True)
        return found.filter(owner__is_active=True).select_related("owner").first()
