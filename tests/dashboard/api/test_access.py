"""Who may ask the API what: tokens, sessions, PUBLIC_READ, throttling, methods."""

from __future__ import annotations

from datetime import timedelta
from importlib import import_module

import pytest
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client

from dashboard.api.access import PerCaller
from dashboard.models import ApiToken, token_hash
from ingest.models import Sync, SyncStatus
from tests import clock, factories
from tests.dashboard.page_reader import PASSWORD, person

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_redis")]


@pytest.fixture
def user():
    return person()


def client_with(text: str) -> Client:
    return Client(headers={"Authorization": f"Bearer {text}"})


def issued(user: User, *scopes: str, **values) -> tuple[ApiToken, Client]:
    values = {"expires_at": None, **values}
    token, text = ApiToken.issue(user.pk, scopes=scopes or ["read"], **values)
    return token, client_with(text)


def status_of(client: Client, path: str = "runs/") -> int:
    return client.get(f"/api/v1/{path}").status_code


def test_without_token_or_session_nothing_can_be_read(user):
    for path in (
        "runs/",
        "runs/1/",
        "metrics/summary/",
        "schema/",
        "nothing/of/the/kind/",
    ):
        response = Client().get(f"/api/v1/{path}")
        assert response.status_code == 401
        assert response.headers["WWW-Authenticate"] == "Bearer"
        assert set(response.json()) == {"detail"}


def test_a_token_and_a_session_can_read(user):
    _, client = issued(user)
    assert status_of(client) == 200
    logged_in = Client()
    logged_in.force_login(user)
    assert status_of(logged_in) == 200


def test_public_read_opens_reading_and_nothing_else(settings):
    settings.PUBLIC_READ = True
    connection = factories.make_connection()
    assert status_of(Client()) == 200
    response = Client().post(f"/api/v1/connections/{connection.pk}/sync/")
    assert response.status_code == 401


@pytest.mark.parametrize("text", ["", "x", "passline_x", "é", "a b", "\x7f"])
def test_a_token_that_nobody_issued_is_refused_even_where_reading_is_public(
    settings, text
):
    settings.PUBLIC_READ = True
    assert status_of(client_with(text)) == 401


def test_a_token_ends_with_its_time_its_revocation_and_its_user(user):
    token, client = issued(user, expires_at=clock.now() + timedelta(days=1))
    assert status_of(client) == 200
    for change in (
        {"expires_at": clock.now() - timedelta(seconds=1)},
        {"expires_at": None, "revoked_at": clock.now()},
    ):
        ApiToken.objects.filter(pk=token.pk).update(**change)
        assert status_of(client) == 401
    ApiToken.objects.filter(pk=token.pk).update(revoked_at=None)
    assert status_of(client) == 200
    User.objects.update(is_active=False)
    assert status_of(client) == 401


def by_set_password(user: User) -> None:
    user.set_password("another long word")
    user.save()


def by_hand(user: User) -> None:
    User.objects.filter(pk=user.pk).update(password=make_password("another long word"))


def without_any(user: User) -> None:
    user.set_unusable_password()
    user.save(update_fields=["password"])


def with_the_same_word(user: User) -> None:
    """Whoever types the old password again means the tokens to end all the same."""
    user.set_password(PASSWORD)
    user.save()


@pytest.mark.parametrize(
    "change", [by_set_password, by_hand, without_any, with_the_same_word]
)
def test_a_token_ends_with_the_password_of_its_user(user, change, capsys):
    _, client = issued(user)
    _, others = issued(person("jon"))
    assert status_of(client) == 200
    change(user)
    answer = client.get("/api/v1/runs/")
    assert answer.status_code == 401
    assert "older than its user's password" in answer.json()["detail"]
    assert status_of(others) == 200
    call_command("api_token", "list")
    first, second = capsys.readouterr().out.splitlines()
    assert "older than the password" in first
    assert "older than the password" not in second
    _, renewed = issued(user)
    assert status_of(renewed) == 200


def test_a_password_that_is_only_hashed_anew_ends_no_token(user, settings):
    _, client = issued(user)
    before = User.objects.get().password
    settings.PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.PBKDF2PasswordHasher",
        *settings.PASSWORD_HASHERS,
    ]
    fields = {"username": "mara", "password": PASSWORD}
    assert Client().post("/login/", fields).status_code == 302
    assert User.objects.get().password != before
    assert status_of(client) == 200


def test_tokens_from_before_go_on_until_the_password_changes(user):
    _, client = issued(user)
    ApiToken.objects.update(password_stamp="")
    assert status_of(client) == 401
    with connection.cursor() as cursor:
        cursor.execute(
            import_module("dashboard.migrations.0010_tokens_end_with_a_password").STAMP
        )
    assert status_of(client) == 200
    by_set_password(user)
    assert status_of(client) == 401


def test_only_the_hash_of_a_token_is_stored(user):
    token, text = ApiToken.issue(user.pk, expires_at=None)
    stored = ApiToken.objects.filter(pk=token.pk).values().get()
    assert text not in str(stored)
    assert stored["token_hash"] == token_hash(text)


def test_the_last_use_is_noted_once_a_minute(user, django_assert_num_queries):
    token, client = issued(user)
    status_of(client)
    token.refresh_from_db()
    first = token.last_used_at
    assert first is not None
    status_of(client)
    token.refresh_from_db()
    assert token.last_used_at == first
    ApiToken.objects.update(last_used_at=first - timedelta(minutes=2))
    status_of(client)
    token.refresh_from_db()
    assert token.last_used_at == clock.now()


def test_a_sync_is_started_by_a_token_that_may_write(user, live_worker):
    connection = factories.make_connection()
    path = f"/api/v1/connections/{connection.pk}/sync/"
    _, reader = issued(user)
    assert reader.post(path).status_code == 403
    _, writer = issued(user, "start")
    response = writer.post(path)
    assert response.status_code == 202
    sync = Sync.objects.get(pk=response.json()["sync"])
    assert (sync.connection_id, sync.parent_id) == (connection.pk, None)
    # It would go on asking for a tool that there is none of.
    live_worker.kill()


def test_a_sync_under_way_is_a_conflict(user):
    connection = factories.make_connection()
    project = factories.make_project(connection)
    parent = factories.make_sync(
        connection, status=SyncStatus.RUNNING, finished_at=None
    )
    factories.make_sync(
        connection,
        project=project,
        parent=parent,
        status=SyncStatus.RUNNING,
        finished_at=None,
    )
    _, writer = issued(user, "start")
    response = writer.post(f"/api/v1/connections/{connection.pk}/sync/")
    assert response.status_code == 409
    assert set(response.json()) == {"detail"}


def test_a_session_starts_a_sync_with_its_csrf_token_only(user):
    connection = factories.make_connection()
    path = f"/api/v1/connections/{connection.pk}/sync/"
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)
    assert client.post(path).status_code == 403
    assert not Sync.objects.exists()
    client.cookies["csrftoken"] = "a" * 32
    of_page = {"X-CSRFToken": "a" * 32}
    response = client.post(path, content_type="application/json", headers=of_page)
    assert response.status_code == 202


def test_a_sync_of_no_connection_is_a_404(user):
    _, writer = issued(user, "start")
    assert writer.post("/api/v1/connections/999999/sync/").status_code == 404


def test_too_many_requests_are_told_when_to_come_back(user, monkeypatch):
    monkeypatch.setattr(PerCaller, "most", 3)
    _, client = issued(user)
    assert [status_of(client) for _ in range(4)] == [200, 200, 200, 429]
    response = client.get("/api/v1/runs/")
    assert 0 < int(response.headers["Retry-After"]) <= 60
    assert set(response.json()) == {"detail"}
    _, other = issued(user)
    assert status_of(other) == 200


def test_where_nobody_can_be_counted_everybody_is_answered(user, settings, caplog):
    gone = {"BACKEND": "dashboard.json_cache.SharedCache"}
    settings.CACHES = {"default": {**gone, "LOCATION": "redis://127.0.0.1:1/0"}}
    _, client = issued(user)
    assert status_of(client) == 200
    assert "callers of the API are not counted" in caplog.text


def test_a_claimed_address_is_no_way_round_the_limit(settings, monkeypatch):
    settings.PUBLIC_READ = True
    monkeypatch.setattr(PerCaller, "most", 2)
    answers = [
        Client().get("/api/v1/runs/", headers={"X-Forwarded-For": f"192.0.2.{number}"})
        for number in range(3)
    ]
    assert [answer.status_code for answer in answers] == [200, 200, 429]


def test_methods_that_make_no_sense_are_a_405(user):
    _, writer = issued(user, "start")
    for method in ("post", "put", "patch", "delete"):
        response = getattr(writer, method)("/api/v1/runs/")
        assert response.status_code == 405
        assert set(response.json()) == {"detail"}
    assert writer.get("/api/v1/connections/1/sync/").status_code == 405


def test_head_and_options_answer_without_a_body_of_rows(user):
    _, client = issued(user)
    factories.make_run()
    assert client.head("/api/v1/runs/").content == b""
    options = client.options("/api/v1/runs/")
    assert options.headers["Allow"] == "GET, HEAD, OPTIONS"


def test_a_path_that_does_not_exist_is_a_404_in_json(user):
    _, client = issued(user)
    response = client.get("/api/v1/rums/")
    assert (response.status_code, set(response.json())) == (404, {"detail"})
    assert client.get("/api/v1/runs").headers["Location"] == "/api/v1/runs/"


def test_accept_does_not_matter(user):
    _, client = issued(user)
    response = client.get("/api/v1/runs/", headers={"Accept": "text/html"})
    assert response.headers["Content-Type"] == "application/json"


def created(capsys, *arguments: str) -> str:
    call_command("api_token", "create", *arguments)
    return capsys.readouterr().out


def test_the_command_prints_a_token_alone_and_this_once(user, capsys):
    out = created(capsys, "mara", "--write", "--expires", "30")
    text = out.strip()
    assert out == f"{text}\n"
    token = ApiToken.objects.get()
    assert token.scopes == ["intake", "read", "start"]
    assert token.expires_at - clock.now() > timedelta(days=29)
    assert status_of(client_with(text)) == 200
    call_command("api_token", "list")
    listed = capsys.readouterr().out
    assert "mara" in listed
    assert text not in listed
    call_command("api_token", "revoke", str(token.pk))
    assert status_of(client_with(text)) == 401


@pytest.mark.parametrize(
    "arguments",
    [
        ["create", "nobody"],
        ["create", "mara", "--expires", "0"],
        ["create", "mara", "--expires", "99999999"],
        ["revoke", "999999"],
    ],
)
def test_the_command_says_what_was_wrong(user, arguments):
    with pytest.raises(CommandError) as raised:
        call_command("api_token", *arguments)
    assert raised.value.returncode == 2
