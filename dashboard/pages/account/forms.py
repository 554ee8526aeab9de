"""The forms of log-in and set-up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.auth.forms import (
    AuthenticationForm,
    BaseUserCreationForm,
    SetPasswordForm,
)
from django.contrib.auth.hashers import check_password
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError

from dashboard import throttle
from dashboard.models import ApiToken
from dashboard.models.tokens import stored_password
from dashboard.sign_in.second_factor import too_many

if TYPE_CHECKING:
    NewUserForm = BaseUserCreationForm[User]
    PasswordForm = SetPasswordForm[User]
else:
    NewUserForm = BaseUserCreationForm
    PasswordForm = SetPasswordForm
NO_MATCH = (
    "User and password do not match, or the user was switched off. Capital letters "
    "count."
)


class LogInForm(AuthenticationForm):
    """Django's own check behind a throttle.

    `wait_s`: for how long the throttle lets nobody try; 0 when it let this one.
    """

    error_messages = {"invalid_login": NO_MATCH, "inactive": NO_MATCH}
    wait_s = 0

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = "User"

    def clean(self) -> dict[str, Any]:
        user = self.cleaned_data.get("username")
        if self.request is None or not (user and self.cleaned_data.get("password")):
            # Without either there is no guess, and nothing to forget.
            return super().clean()
        guess = throttle.Guess.of(user, self.request)
        self.wait_s = guess.wait_s()
        if self.wait_s:
            raise ValidationError(too_many(self.wait_s), code="throttled")
        before = stored_password(user)
        cleaned = super().clean()
        guess.was_right()
        self._keep_tokens(before)
        return cleaned

    def _keep_tokens(self, before: str) -> None:
        """A log-in may have hashed the same password anew, with more rounds than once."""
        user = self.get_user()
        if user.password == before:
            return
        if check_password(self.cleaned_data["password"], before):
            ApiToken.go_on_with(user, before=before)


class InvitedForm(NewUserForm):
    """Somebody who was invited."""

    class Meta(BaseUserCreationForm.Meta):
        fields = ("username",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = "User"
        self.fields["username"].help_text = ""
        self.fields["password2"].label = "Password again"
        self.fields["password2"].help_text = ""


class NewPasswordForm(PasswordForm):
    """A password for somebody who came with a link."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["new_password2"].label = "New password again"


class ForgotForm(forms.Form):
    email = forms.EmailField(label="E-mail", max_length=254)


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
