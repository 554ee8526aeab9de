"""The second factor: switched on, asked for, guessed at, lost."""

from __future__ import annotations

import re
from io import StringIO
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from cryptography.fernet import Fernet
from django.core.management import call_command
from django.test import Client, TestCase

from dashboard.models import Act
from dashboard.readers import Role
from ingest.housekeeping import keep_house
from tests import clock
from tests.dashboard.page_reader import PASSWORD, logged_in, person, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_redis")]


@pytest.fixture(autouse=True)
def _quick_passwords(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def code_of(secret: str, later: int = 0) -> str:
    return format_hotp_value(
        hotp_value(secret, int(clock.now().timestamp()) // 30 + later)
    )


def switch_on(client: Client) -> tuple[str, list[str]]:
    """The key of the app and the recovery codes."""
    assert client.get("/account/code/").url.startswith("/account/confirm/")
    client.post("/account/confirm/?next=/account/code/", {"password": PASSWORD})
    page = text_of(client.get("/account/code/"))
    secret = re.search(r'mono">([A-Z2-7]{32})<', page)[1]
    with TestCase.captureOnCommitCallbacks(execute=True):
        answer = client.post("/account/code/", {"code": code_of(secret)}, follow=True)
    codes = re.findall(r"^\d{8}$|(?<=>)\d{8}$", text_of(answer), re.MULTILINE)
    return secret, codes


def sign_in(password: str = PASSWORD) -> Client:
    client = Client()
    client.post("/login/", {"username": "ada", "password": password})
    return client


def is_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def test_a_password_alone_is_not_enough_once_there_is_a_code():
    ada = person("ada")
    secret, codes = switch_on(logged_in(ada))
    assert len(codes) == 10
    stored = str(list(Authenticator.objects.values_list("data", flat=True)))
    assert secret not in stored
    client = sign_in()
    assert not is_in(client)
    assert client.get("/sync/").url == "/login/?next=/sync/"
    assert "not the code of this moment" in text_of(
        client.post("/login/code/", {"code": "000000"})
    )
    client.post("/login/code/", {"code": code_of(secret, later=1)})
    assert is_in(client)
    by_code = sign_in()
    by_code.post("/login/code/", {"code": codes[0]})
    assert is_in(by_code)
    again = sign_in()
    again.post("/login/code/", {"code": codes[0]})
    assert not is_in(again)
    page = text_of(by_code.get("/account/"))
    assert "9 recovery codes left" in page
    told = [(act.kind, act.after) for act in Act.objects.filter(about=ada.pk)]
    assert ("second_factor", {"on": "totp"}) in told
    assert any(after.get("why") == "wrong code" for _, after in told)
    assert not any(code in str(told) for code in (*codes, secret))
    # Nor are they shown a second time.
    assert codes[1] not in text_of(by_code.get("/account/recovery-codes/"))


def test_codes_are_guessed_at_a_few_times_only_by_every_way():
    secret, _ = switch_on(logged_in(person("ada")))
    client = sign_in()
    answers = [client.post("/login/code/", {"code": f"{n:06}"}) for n in range(11)]
    assert [one.status_code for one in answers] == [200] * 10 + [429]
    assert int(answers[-1].headers["Retry-After"]) > 0
    right = client.post("/login/code/", {"code": code_of(secret, later=1)})
    assert right.status_code == 429
    assert not is_in(sign_in_again := sign_in())
    assert (
        sign_in_again.post(
            "/login/code/", {"code": code_of(secret, later=1)}
        ).status_code
        == 429
    )
    assert Act.objects.filter(kind="lock_out", name="ada").count() == 1


def test_an_answer_without_a_code_is_asked_for_one():
    switch_on(logged_in(person("ada")))
    client = sign_in()
    answer = client.post("/login/code/", {"credential": "{}"})
    assert (answer.status_code, answer.url) == (302, "/login/code/")
    assert "Your code" in text_of(client.get("/login/code/"))


def test_keys_move_to_the_first_key_and_go_on(settings):
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    settings.CREDENTIALS_KEYS = [old]
    secret, codes = switch_on(logged_in(person("ada")))
    settings.CREDENTIALS_KEYS = [new, old]
    keep_house()
    settings.CREDENTIALS_KEYS = [new]
    for code in (codes[0], code_of(secret, later=1)):
        client = sign_in()
        client.post("/login/code/", {"code": code})
        assert is_in(client)


def test_whoever_lost_the_phone_is_helped_by_command():
    ada = person("ada")
    switch_on(logged_in(ada))
    call_command("user", "set", "ada", "--no-second-factor", stdout=StringIO())
    assert is_in(sign_in())
    act = Act.objects.filter(kind="second_factor").latest("pk")
    assert (act.by, act.before) == ("(command line)", {"on": "totp"})


def test_a_password_is_guessed_at_a_few_times_only_where_it_is_confirmed():
    client = logged_in(person("ada"))
    for path, sent in (
        ("/account/confirm/", {"password": "wrong"}),
        ("/account/password/", {"old": "wrong", "new": "x", "again": "x"}),
    ):
        for _ in range(5):
            assert client.post(path, sent).status_code in (200, 422)
    assert client.post("/account/confirm/", {"password": PASSWORD}).status_code == 429
    sent = {"old": PASSWORD, "new": "another long word", "again": "another long word"}
    assert client.post("/account/password/", sent).status_code == 429
    assert "Too many tries" in text_of(
        Client().post("/login/", {"username": "ada", "password": PASSWORD})
    )


def test_it_is_switched_off_by_its_owner_or_an_administrator():
    ada = person("ada")
    client = logged_in(ada)
    switch_on(client)
    client.post("/account/code/off/")
    assert not Authenticator.objects.exists()
    switch_on(logged_in(ada))
    admin = logged_in(person("root", Role.ADMIN))
    assert "<td" in text_of(admin.get("/people/"))
    admin.post(f"/people/{ada.pk}/code/off/")
    assert not Authenticator.objects.exists()
    assert is_in(sign_in())
    acts = Act.objects.filter(kind="second_factor", after={})
    assert {act.by for act in acts} == {"ada", "root"}


@pytest.mark.parametrize(
    "path",
    [
        "accounts/signup/",
        "accounts/login/",
        "accounts/email/",
        "account/signup/",
        "account/recovery-codes/download/",
        "login/code/webauthn/",
        "accounts/password/reset/",
        "account/login/",
    ],
)
def test_pages_that_are_not_offered_do_not_exist(path):
    client = logged_in(person("ada"))
    for one in (client, Client()):
        assert one.get(f"/{path}").status_code == 404
        assert one.post(f"/{path}").status_code == 404
