"""The second factor: its secrets at rest, and how often somebody may guess a code."""

from __future__ import annotations

import logging
import math
from typing import Any

from allauth.account.forms import ReauthenticateForm as PasswordForm
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from django import forms
from django.core.exceptions import ImproperlyConfigured, ValidationError
from redis.exceptions import RedisError

from dashboard.throttle import Guess
from dashboard.ui.text import numbers
from ingest.credentials import decrypted, encrypted, rotated

logger = logging.getLogger(__name__)

NO_CACHE = (
    "Codes cannot be checked just now, because the cache does not answer. Try later."
)
WRONG_CODE = "That is not the code of this moment. Wait for the next one, or use a recovery code."
WRONG_PASSWORD = "That is not your password. Capital letters count."


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Keys of apps and recovery codes are stored encrypted."""

    error_messages = DefaultMFAAdapter.error_messages | {"incorrect_code": WRONG_CODE}

    def encrypt(self, text: str) -> str:
        return encrypted({"secret": text})

    def decrypt(self, encrypted_text: str) -> str:
        return decrypted(encrypted_text)["secret"]


# What of an authenticator's data is encrypted: an app's key, the seed of codes.
_ENCRYPTED = ("secret", "seed")


def rotate_second_factors() -> None:
    """All of them under the first key of CREDENTIALS_KEYS."""
    for row in Authenticator.objects.all():
        try:
            data = row.data | {
                name: rotated(row.data[name]) for name in _ENCRYPTED if name in row.data
            }
        except ImproperlyConfigured as error:
            # One lost key must not keep the others from being rotated.
            logger.warning("second factor of user %s: %s", row.user_id, error)
            continue
        if data != row.data:
            # Unless a code was used or a new key made meanwhile.
            Authenticator.objects.filter(pk=row.pk, data=row.data).update(data=data)


def too_many(wait_s: int) -> str:
    wait = numbers.plural(math.ceil(wait_s / 60), "minute")
    return f"Too many tries. Wait {wait}, then try again."


class _Counted(forms.Form):
    """A form that is a guess at something of `user`, who is known by now.

    `wait_s`: for how long the throttle lets nobody try; 0 when it let this one.
    """

    user: Any
    wait_s = 0

    def counted(self, *, at_second_factor: bool) -> Guess:
        """Raises ValidationError where there were too many."""
        name = self.user.get_username()
        guess = Guess.of(name, context.request, at_second_factor=at_second_factor)
        self.wait_s = guess.wait_s()
        if self.wait_s:
            raise ValidationError(too_many(self.wait_s), code="throttled")
        return guess


class _CountedCode(_Counted):
    def clean_code(self) -> str:
        guess = self.counted(at_second_factor=True)
        try:
            code: str = super().clean_code()  # type: ignore[misc]
        except RedisError:
            raise ValidationError(NO_CACHE) from None
        guess.was_right()
        return code


class CodeForm(_CountedCode, AuthenticateForm):  # type: ignore[misc]
    """The code at sign-in."""


class ConfirmByCodeForm(_CountedCode, ReauthenticateForm):  # type: ignore[misc]
    """The code of somebody who is signed in, before something that matters."""


class ActivateForm(_CountedCode, ActivateTOTPForm):  # type: ignore[misc]
    """The first code of an app that was just set up."""


class ConfirmByPasswordForm(_Counted, PasswordForm):  # type: ignore[misc]
    """The password of somebody who is signed in, before something that matters."""

    password = forms.CharField(
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def clean_password(self) -> str:
        guess = self.counted(at_second_factor=False)
        if not self.user.check_password(self.cleaned_data["password"]):
            raise ValidationError(WRONG_PASSWORD)
        guess.was_right()
        return str(self.cleaned_data["password"])
