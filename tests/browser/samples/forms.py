"""Django forms as log-in and set-up print them."""

from __future__ import annotations

from django import forms


class LoginForm(forms.Form):
    username = forms.CharField(label="User")
    password = forms.CharField(label="Password", widget=forms.PasswordInput)


class SetupForm(LoginForm):
    email = forms.EmailField(label="E-mail", required=False, help_text="For digests.")


def login_form() -> forms.Form:
    form = LoginForm({"username": "mara"})
    form.add_error(None, "User and password do not match.")
    return form


def setup_form() -> forms.Form:
    return SetupForm()
