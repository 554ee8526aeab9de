"""What a backup holds of each table, and what only where secrets were asked for.

A table that is not named here is held whole.
"""

from __future__ import annotations

from collections.abc import Mapping

# Worth nothing elsewhere, or too much: who has one of these is signed in.
NEVER = (
    "django_session",
    "usersessions_usersession",
    "dashboard_guesscount",
    "account_emailconfirmation",
    "socialaccount_socialapp",
    "socialaccount_socialtoken",
)
# What opens something, sealed or hashed, with the rows that are about it alone.
SECRET = (
    "mfa_authenticator",
    "dashboard_apitoken",
    "dashboard_apitoken_projects",
    "dashboard_share",
    "dashboard_invitation",
    "dashboard_invitation_teams",
    "dashboard_channel",
    "dashboard_subscription",
    "dashboard_delivery",
    "dashboard_incident",
)
# Tables that others point to, of which single columns are secret: what they hold instead.
# A connection without its credentials would be refused by its tool again and again.
REPLACED: Mapping[str, Mapping[str, str]] = {
    "auth_user": {"password": "'!' || md5(random()::text)"},
    "ingest_connection": {
        "credentials": "''",
        "paused_at": "CASE WHEN credentials = '' THEN paused_at ELSE now() END",
        "paused_by": "CASE WHEN credentials = '' THEN paused_by ELSE 'restore' END",
    },
}


def left_out(*, with_credentials: bool) -> list[str]:
    """The tables whose rows are not in the dump itself."""
    return [*NEVER, *(() if with_credentials else (*SECRET, *REPLACED))]
