"""Signing in through a provider of OpenID Connect: who gets in, and what is not believed."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.models import User
from django.test import Client

from dashboard import throttle
from dashboard.models import Act, Team, role_of
from dashboard.people.invitations import invite
from dashboard.readers import Role
from dashboard.sign_in.provider import described
from ingest import asking
from tests.dashboard.page_reader import PASSWORD, logged_in, person, text_of
from tests.dashboard.sign_in.openid_provider import (
    CLIENT_ID,
    CLIENT_SECRET,
    OpenIdProvider,
)

pytestmark = pytest.mark.django_db
ADA = {
    "sub": "17",
    "preferred_username": "ada l",
    "name": "Ada Lovelace",
    "email": "ada@example.com",
    "email_verified": True,
}


@pytest.fixture(scope="module")
def running() -> Iterator[OpenIdProvider]:
    provider = OpenIdProvider()
    yield provider
    provider.stop()


@pytest.fixture
def provider(running: OpenIdProvider, settings: Any) -> OpenIdProvider:
    running.person, running.userinfo, running.fault = dict(ADA), {}, ""
    described.clear()
    settings.OIDC_ISSUER, settings.OIDC_NAME = running.issuer, "Example ID"
    settings.OIDC_UNKNOWN = True
    app = {
        "provider_id": "openid",
        "name": "Example ID",
        "client_id": CLIENT_ID,
        "secret": CLIENT_SECRET,
        "settings": {"server_url": running.issuer},
    }
    mine = settings.SOCIALACCOUNT_PROVIDERS["openid_connect"] | {"APPS": [app]}
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": mine}
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    person("root", Role.ADMIN)
    return running


def come_back(client: Client, provider: OpenIdProvider, query: str = "") -> Any:
    to = client.get(f"/login/openid/{query}")
    assert to.status_code == 302, text_of(to)
    assert to.url.startswith(f"{provider.issuer}/authorize?")
    return client.get(f"/login/openid/callback/?{provider.authorize(to.url)}")


def is_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def why_not() -> str:
    failed = Act.objects.filter(kind="sign_in_failed").latest("pk")
    return str(failed.after["why"])


def test_somebody_new_is_let_in_and_found_again(client, provider):
    assert "Continue with Example ID" in text_of(client.get("/login/?next=/sync/"))
    answer = come_back(client, provider, "?next=/sync/")
    assert (answer.status_code, answer.url) == (302, "/sync/")
    ada = User.objects.get(username="ada-l")
    assert (ada.email, ada.get_full_name()) == ("ada@example.com", "Ada Lovelace")
    assert (role_of(ada), ada.has_usable_password()) == (Role.VIEWER, False)
    assert is_in(client)
    again = Client()
    come_back(again, provider)
    assert again.session["_auth_user_id"] == str(ada.pk)
    assert User.objects.count() == 2
    signed_in = Act.objects.filter(kind="sign_in", by="ada-l")
    assert [act.after["with"] for act in signed_in] == [["Example ID"]] * 2


FAULTS = {
    "wrong key": "signed with a key that is not its own",
    "unknown key": "signed with a key that is not its own",
    "wrong audience": "meant for another program",
    "several audiences": "meant for another program",
    "wrong issuer": "comes from another provider",
    "wrong nonce": "belongs to another sign-in",
    "no nonce": "belongs to another sign-in",
    "expired": "has expired",
    "none": "not signed in a way that proves anything",
    "our secret": "not signed in a way that proves anything",
    "no subject": "lacks what it has to say",
    "no ID token": "sent no ID token",
    "deep claims": "no ID token",
    "no JWT": "is no ID token",
    "other userinfo": "told of another person",
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_the_provider_did_not_sign_for_us_lets_nobody_in(client, provider, fault):
    provider.fault = fault
    if fault == "other userinfo":
        del provider.person["email"]
    answer = come_back(client, provider)
    assert answer.status_code == 403
    assert FAULTS[fault] in text_of(answer)
    assert FAULTS[fault] in why_not()
    assert not is_in(client)
    assert User.objects.count() == 1


@pytest.mark.parametrize("fault", ["down", "other name"])
def test_a_provider_that_is_down_or_another_one_is_named(
    client, provider, fault, caplog
):
    provider.fault = fault
    answer = client.get("/login/openid/")
    assert answer.status_code == 502
    assert "Example ID did not answer" in text_of(answer) or "another name" in text_of(
        answer
    )
    assert "the sign-in provider" in caplog.text


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("elsewhere", "did not answer"),
        ("list", "does not describe itself"),
        ("deep", "did not answer"),
        ("large", "did not answer"),
        ("packed", "did not answer"),
        ("drip", "did not answer"),
    ],
)
def test_a_provider_that_has_gone_over_holds_nobody_up(
    client, provider, fault, said, monkeypatch
):
    monkeypatch.setattr(asking, "LIMIT_S", 0.5)
    provider.fault = fault
    begun = time.monotonic()
    answer = client.get("/login/openid/")
    assert answer.status_code in (403, 502)
    assert said in text_of(answer)
    # Far beyond the limit: the provider would drip for ever.
    assert time.monotonic() - begun < 60


@pytest.mark.parametrize(
    "address", ["169.254.169.254", "fd00:ec2::254", "93.184.216.34"]
)
def test_a_provider_never_leads_to_the_metadata_of_a_cloud_nor_out_unencrypted(
    client, provider, monkeypatch, address, caplog
):
    """The name led to loopback; the socket reached `address`."""
    monkeypatch.setattr(socket.socket, "getpeername", lambda _: (address, 80))
    assert client.get("/login/openid/").status_code == 502
    assert "refused address" in caplog.text


def test_an_answer_that_nobody_asked_for_costs_nothing(client, provider):
    client.get("/login/openid/")
    # It described itself a moment ago.
    provider.fault = "down"
    assert client.get("/login/openid/").status_code == 302
    acts = Act.objects.count()
    for query in ("", "?code=1&state=2", "?error=access_denied&state=x"):
        answer = client.get(f"/login/openid/callback/{query}")
        assert answer.status_code == 403
        assert "began no such sign-in" in text_of(answer)
    assert Act.objects.count() == acts


def test_failures_of_one_address_fill_no_log(client, provider, monkeypatch, caplog):
    monkeypatch.setattr(throttle, "REFUSALS_NOTED", 2)
    provider.fault = "wrong key"
    for _ in range(4):
        assert come_back(client, provider).status_code == 403
    assert Act.objects.filter(kind="sign_in_failed").count() == 2
    assert caplog.text.count("a sign-in through the provider failed") == 4


def test_an_answer_of_another_browser_or_twice_is_refused(client, provider):
    to = client.get("/login/openid/")
    query = provider.authorize(to.url)
    assert Client().get(f"/login/openid/callback/?{query}").status_code == 403
    assert client.get(f"/login/openid/callback/?{query}").status_code == 302
    assert client.get(f"/login/openid/callback/?{query}").status_code == 403
    cancelled = client.get("/login/openid/callback/?error=access_denied&state=x")
    assert cancelled.status_code == 403
    assert client.get("/login/openid/?next=//evil.example/").status_code == 302


def test_unknown_people_need_an_invitation_where_the_settings_say_so(
    client, provider, settings
):
    settings.OIDC_UNKNOWN = False
    answer = come_back(client, provider)
    assert answer.status_code == 403
    assert "Ask an administrator for an invitation" in text_of(answer)
    web = Team.objects.create(name="Web")
    invitation, path = invite(
        email="", role=Role.EDITOR, teams=[web], days=7, by="root"
    )
    assert "Join with Example ID" in text_of(client.get(path))
    assert come_back(client, provider).url == "/"
    ada = User.objects.get(email="ada@example.com")
    assert (role_of(ada), list(ada.teams.all())) == (Role.EDITOR, [web])
    invitation.refresh_from_db()
    assert invitation.used_by == ada.username
    # Whoever is known needs none, and leaves none to whoever sits there next.
    _, path = invite(email="", role=Role.ADMIN, teams=[], days=7, by="root")
    client.get(path)
    come_back(client, provider)
    client.post("/logout/")
    provider.person |= {"sub": "18", "email": "eve@example.com"}
    assert come_back(client, provider).status_code == 403


def test_groups_give_teams_and_a_role_and_take_them_away(client, provider, settings):
    settings.OIDC_TEAMS = [("eng", "Web  team"), ("eng", "Mobile"), ("ops", "Ops")]
    settings.OIDC_TEAMS += [("eng", "x" * 300)]
    Team.objects.create(name="Web team")
    settings.OIDC_ROLES = [("eng", "editor"), ("leads", "admin")]
    settings.OIDC_GROUPS_CLAIM = "realm.groups"
    provider.userinfo = {"realm": {"groups": ["eng", "leads", 7]}}
    come_back(client, provider)
    ada = User.objects.get(email="ada@example.com")

    def now() -> tuple[Role | None, list[str]]:
        return role_of(User.objects.get(pk=ada.pk)), sorted(
            ada.teams.values_list("name", flat=True)
        )

    assert now() == (Role.ADMIN, ["Mobile", "Web team"])
    ada.teams.add(Team.objects.create(name="By hand"))
    provider.userinfo = {"realm": {"groups": "ops"}}
    come_back(Client(), provider)
    assert now() == (Role.VIEWER, ["By hand", "Ops"])
    provider.userinfo = {}
    come_back(Client(), provider)
    assert now() == (Role.VIEWER, ["By hand"])
    by = Act.objects.filter(kind="person", about=ada.pk).values_list("by", flat=True)
    assert set(by) == {"(sign-in provider)"}


def test_the_last_administrator_stays_one_whatever_the_groups_say(
    client, provider, settings
):
    settings.OIDC_ROLES = [("leads", "admin")]
    provider.userinfo = {"groups": ["leads"]}
    come_back(client, provider)
    User.objects.filter(username="root").update(is_active=False)
    provider.userinfo = {"groups": []}
    again = Client()
    come_back(again, provider)
    assert is_in(again)
    assert role_of(User.objects.get(email="ada@example.com")) is Role.ADMIN
    kept = Act.objects.filter(kind="person").latest("pk")
    assert "last administrator" in kept.after["why"]


def test_an_address_of_another_user_is_refused_and_one_that_changed_follows(
    client, provider
):
    person("ben", email="ben@example.com")
    provider.person["email"] = "BEN@example.com"
    answer = come_back(client, provider)
    assert answer.status_code == 403
    assert "another user's" in text_of(answer)
    provider.person["email"] = "ada@example.com"
    come_back(client, provider)
    provider.person["email"] = "ben@example.com"
    known = Client()
    come_back(known, provider)
    assert is_in(known)
    kept = Act.objects.filter(kind="person").latest("pk").after
    assert kept["kept"] == "e-mail ada@example.com"
    assert "Somebody else has" in kept["why"]
    provider.person["email"] = "ada@new.example.com"
    come_back(Client(), provider)
    provider.person |= {"email": "root@example.com", "email_verified": False}
    come_back(Client(), provider)
    assert User.objects.get(username="ada-l").email == "ada@new.example.com"


def test_somebody_switched_off_stays_out_and_is_told_so(client, provider):
    come_back(client, provider)
    User.objects.filter(email="ada@example.com").update(is_active=False)
    other = Client()
    answer = come_back(other, provider)
    assert answer.status_code == 403
    assert "switched off" in text_of(answer)
    assert not is_in(other)


def test_a_user_connects_the_account_after_their_password_and_disconnects(provider):
    ben = person("ben", email="ada@example.com")
    client = logged_in(ben)
    assert "not connected" in text_of(client.get("/account/"))
    asked = come_back(client, provider, "?process=connect")
    assert asked.url == "/account/confirm/"
    client.post("/account/confirm/", {"password": "wrong"})
    assert not SocialAccount.objects.exists()
    done = client.post("/account/confirm/", {"password": PASSWORD})
    assert done.url == "/account/"
    assert SocialAccount.objects.get().user == ben
    other = Client()
    come_back(other, provider)
    assert other.session["_auth_user_id"] == str(ben.pk)
    client.post("/account/openid/off/")
    assert not SocialAccount.objects.exists()


def test_without_an_issuer_there_is_no_such_address(client, settings):
    settings.OIDC_ISSUER = ""
    person()
    assert client.get("/login/openid/").status_code == 404
    assert client.get("/login/openid/callback/?code=1&state=2").status_code == 404
    assert "Continue with" not in text_of(client.get("/login/"))
