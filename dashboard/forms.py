"""The forms of log-in and set-up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm, BaseUserCreationForm
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError

from dashboard import throttle

if TYPE_CHECKING:
    NewUserForm = BaseUserCreationForm[User]
else:
    NewUserForm = BaseUserCreationForm

TOO_MANY = (
    f"Too many tries with this user. Wait {throttle.WINDOW_S // 60} minutes, then try "
    "again."
)
NO_MATCH = (
    "User and password do not match, or the user was switched off. Capital letters "
    "count."
)


class LogInForm(AuthenticationForm):
    """Django's own check behind a throttle; `is_throttled` tells that it held."""

    error_messages = {"invalid_login": NO_MATCH, "inactive": NO_MATCH}
    is_throttled = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = "User"

    def clean(self) -> dict[str, Any]:
        user = self.cleaned_data.get("username", "")
        address = self.request.META.get("REMOTE_ADDR", "") if self.request else ""
        if not throttle.may_try(user, address):
            self.is_throttled = True
            raise ValidationError(TOO_MANY, code="throttled")
        cleaned = super().clean()
        throttle.forget(user, address)
        return cleaned


class SetupForm(NewUserForm):
    """The first user, who may do everything."""

    email = forms.EmailField(label="E-mail (optional)", required=False)

    class Meta(BaseUserCreationForm.Meta):
        fields = ("username", "email")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = "User"
        self.fields["username"].help_text = ""
        self.fields["password2"].label = "Password again"
        self.fields["password2"].help_text = ""

    def save(self, commit: bool = True) -> User:
        self.instance.is_staff = self.instance.is_superuser = True
        return super().save(commit)
