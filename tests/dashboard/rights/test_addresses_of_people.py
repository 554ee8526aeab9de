"""The addresses about people and what they own, as each kind of person."""

from __future__ import annotations

import re
from collections.abc import Iterable

import pytest
from django.http import HttpResponse
from django.test import Client

from dashboard.models import ApiToken, Team
from dashboard.people.invitations import invite
from dashboard.readers import Role
from tests import factories
from tests.dashboard.addresses import ABOUT_PEOPLE
from tests.dashboard.page_reader import logged_in, person
from tests.dashboard.rights.addresses import routes

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_redis")]
PATHS = dict(routes())
# What a stranger, a viewer, an editor and an administrator are answered. A stranger's 302
# is the way to log in. A dash: let in, whatever becomes of a form without its fields.
SIGNED_IN, EDITORS, ADMINS = "302 - - -", "302 403 - -", "302 403 403 -"
OF_ANOTHER = "302 403 404 404"
ALL, HIDDEN = "- - - -", "404 404 404 404"
READ = {
    SIGNED_IN: ["account", "account_reauthenticate", "mfa_index"]
    + ["mfa_activate_totp", "mfa_generate_recovery_codes", "mfa_reauthenticate"],
    EDITORS: ["digests", "digest-new", "embeds", "embed-preview"],
    OF_ANOTHER: ["digest", "digest-change"],
    ADMINS: ["audit", "digest-all"]
    + ["people", "people-tokens", "person", "team", "teams"],
    # The token in the address opens it, to whoever holds it; a forged one to nobody.
    ALL: ["account_login", "forgot", "invitation", "mfa_authenticate"],
    # Without a provider, without a second factor, and with a link that is none.
    HIDDEN: ["openid_connect_login", "openid_connect_callback", "set-password"],
    "302 404 404 404": ["mfa_deactivate_totp", "mfa_view_recovery_codes"],
}
DONE = {
    SIGNED_IN: ["account-openid-off", "account-password", "account-profile"]
    + ["account-sessions-end", "account-tokens", "account_reauthenticate"],
    EDITORS: ["channel-make", "embeds-make", "embed-revoke"],
    OF_ANOTHER: ["channel-delete", "digest-delete", "digest-pause", "digest-send"],
    ADMINS: ["invitation-take-back", "people-invite", "person-code-off"]
    + ["person-link", "person-set", "project-teams", "team", "team-delete", "teams"],
    # Of somebody else.
    "302 404 404 404": ["account-session-end"],
    "302 404 404 302": ["account-token-revoke"],
}


def test_each_kind_of_person_is_let_in_where_they_may_and_all_are_asked(settings):
    settings.PUBLIC_READ = True
    words = made()
    kinds = [
        Client(),
        logged_in(person("vera", Role.VIEWER)),
        logged_in(person("ed", Role.EDITOR)),
        logged_in(person("root", is_superuser=True)),
    ]

    def path(name: str) -> str:
        return "/" + re.sub(
            r"<(?:\w+:)?(\w+)>", lambda found: words[found[1]], PATHS[name]
        )

    for method, table in (("get", READ), ("post", DONE)):
        for expected, names in table.items():
            for name in names:
                told = [getattr(one, method)(path(name)) for one in kinds]
                assert (method, name, as_said(told, expected)) == (
                    method,
                    name,
                    expected,
                )
    asked = {
        name for table in (READ, DONE) for names in table.values() for name in names
    }
    assert asked == ABOUT_PEOPLE


def made() -> dict[str, str]:
    """What stands in the addresses: of somebody who is none of those that ask."""
    other, team = person("other"), Team.objects.create(name="Web")
    invitation, link = invite(email="", role=Role.VIEWER, teams=[], days=7, by="x")
    token, _ = ApiToken.issue(other.pk)
    rows = {
        "person_id": other.pk,
        "team_id": team.pk,
        "invitation_id": invitation.pk,
        "token_id": token.pk,
        "project_id": factories.make_project().pk,
        "session_id": 987_654,
        "embed_id": 987_654,
        "channel_id": 987_654,
        "subscription_id": 987_654,
    }
    return {name: str(pk) for name, pk in rows.items()} | {
        "token": link.split("/")[-2],
        "uidb64": "MQ",
        "provider_id": "openid",
        "name": "pass-rate.svg",
    }


def as_said(told: Iterable[HttpResponse], expected: str) -> str:
    """The statuses, with a dash where one is expected and the answer lets in."""
    return " ".join(
        "-" if one == "-" and is_let_in(answer) else str(answer.status_code)
        for answer, one in zip(told, expected.split(), strict=True)
    )


def is_let_in(answer: HttpResponse) -> bool:
    to_the_door = answer.headers.get("Location", "").startswith("/login/?next=")
    return not to_the_door and answer.status_code in (200, 302, 404, 409, 422)
