"""The routes of signing in and of one's own settings.

Names with an underscore are those that django-allauth looks for; of its pages none but
these exist here.
"""

from __future__ import annotations

from django.urls import path

from dashboard.pages.account import (
    invitation,
    openid,
    own,
    passwords,
    second_factor,
    views,
)

_OPENID = {"provider_id": "openid"}

urlpatterns = [
    path("login/", views.LogIn.as_view(), name="login"),
    path("login/", views.LogIn.as_view(), name="account_login"),
    path("login/code/", second_factor.code_at_sign_in, name="mfa_authenticate"),
    path("login/openid/", openid.to_provider, _OPENID, name="openid_connect_login"),
    path(
        "login/openid/callback/",
        openid.back_from_provider,
        _OPENID,
        name="openid_connect_callback",
    ),
    path("logout/", views.log_out, name="logout"),
    path("setup/", views.setup, name="setup"),
    path("forgot/", passwords.forgot, name="forgot"),
    path(
        "set-password/<str:uidb64>/<str:token>/",
        passwords.set_password,
        name="set-password",
    ),
    path("invitation/<str:token>/", invitation.invitation, name="invitation"),
    path("account/", own.account, name="account"),
    path("account/", own.account, name="mfa_index"),
    path("account/profile/", own.profile, name="account-profile"),
    path("account/password/", own.password, name="account-password"),
    path(
        "account/sessions/<int:session_id>/end/",
        own.end_session,
        name="account-session-end",
    ),
    path("account/sessions/end/", own.end_others, name="account-sessions-end"),
    path("account/openid/off/", own.disconnect, name="account-openid-off"),
    path("account/tokens/", own.make_token, name="account-tokens"),
    path(
        "account/tokens/<int:token_id>/revoke/",
        own.revoke,
        name="account-token-revoke",
    ),
    path(
        "account/confirm/",
        second_factor.confirm_by_password,
        name="account_reauthenticate",
    ),
    path(
        "account/confirm/code/",
        second_factor.confirm_by_code,
        name="mfa_reauthenticate",
    ),
    path("account/code/", second_factor.activate, name="mfa_activate_totp"),
    path("account/code/off/", second_factor.deactivate, name="mfa_deactivate_totp"),
    path(
        "account/recovery-codes/",
        second_factor.recovery_codes,
        name="mfa_view_recovery_codes",
    ),
    path(
        "account/recovery-codes/new/",
        second_factor.new_recovery_codes,
        name="mfa_generate_recovery_codes",
    ),
]
