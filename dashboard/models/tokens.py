"""Keys to the API."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.crypto import constant_time_compare

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

TOKEN_PREFIX = "passline_"
# Noting every single use would cost a write for each request.
USE_NOTED_EVERY = timedelta(minutes=1)


def token_hash(token: str) -> str:
    """What is stored of a token. It has 256 random bits, so no slow hash is needed."""
    return hashlib.sha256(token.encode()).hexdigest()


def password_stamp(stored: str) -> str:
    """What is kept of a user's password as it is stored, to tell when it changed."""
    return hashlib.sha256(f"password\n{stored}".encode()).hexdigest()


def stored_password(name: str) -> str:
    """How the password of the user called `name` is stored; "" where there is none."""
    users = get_user_model().objects.filter(username=name)
    return users.values_list("password", flat=True).first() or ""


class ApiToken(models.Model):
    """A key to the API in a user's name; only its hash is stored.

    It ends with the password that its user had when it was made: whoever changes a
    password because somebody else knows it must not have to think of tokens too.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_tokens"
    )
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    password_stamp = models.CharField(max_length=64, editable=False)
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
        user = get_user_model()._default_manager.get(pk=user_id)
        token = cls.objects.create(
            user=user,
            token_hash=token_hash(text),
            password_stamp=password_stamp(user.password),
            can_write=can_write,
            expires_at=expires_at,
        )
        return token, text

    @classmethod
    def valid(cls, text: str) -> Self | None:
        """The token of this text, unless it expired or was revoked, or its user is gone
        or has another password by now.
        """
        now = timezone.now()
        token = (
            cls.objects.select_related("user")
            .filter(token_hash=token_hash(text), user__is_active=True)
            .filter(Q(expires_at__isnull=True) | Q(expires_at__gt=now))
            .filter(revoked_at__isnull=True)
            .first()
        )
        return token if token and token.is_of_present_password else None

    @property
    def is_of_present_password(self) -> bool:
        stamp = password_stamp(self.user.password)
        return constant_time_compare(self.password_stamp, stamp)

    @classmethod
    def go_on_with(cls, user: AbstractBaseUser, *, before: str) -> None:
        """The same password is stored in another way than `before`: no token ends."""
        tokens = cls.objects.filter(
            user_id=user.pk, password_stamp=password_stamp(before)
        )
        tokens.update(password_stamp=password_stamp(user.password))

    def note_use(self) -> None:
        """Remember that the token was used, at most once a minute."""
        now = timezone.now()
        unknown = Q(last_used_at__isnull=True) | Q(
            last_used_at__lt=now - USE_NOTED_EVERY
        )
        type(self).objects.filter(unknown, pk=self.pk).update(last_used_at=now)
