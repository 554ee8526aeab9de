"""A stored key goes to the server that it was entered for, whatever changes the address."""

from __future__ import annotations

from importlib import import_module

import pytest
from cryptography.fernet import Fernet
from django.apps import apps
from django.contrib.auth.models import User
from django.test import Client

from ingest.connections import connector_for, save_connection
from ingest.contract import ConfigError
from ingest.credentials import encrypted
from ingest.housekeeping import keep_house
from ingest.models import Connection
from ingest.origins import is_plain, origin_of, web_link
from tests.factories import make_connection
from tests.ingest.manage import run
from tests.ingest.wire import Wire

SECRETS = {"token": "tm_0123456789_secret"}
EVIL = "https://evil.example"


@pytest.fixture
def row(db) -> Connection:
    row = make_connection("Testmo", base_url="https://qa.testmo.example")
    row.secrets = SECRETS
    row.save()
    return row


def moved(row: Connection, address: str = EVIL) -> Connection:
    Connection.objects.filter(pk=row.pk).update(base_url=address)
    return Connection.objects.get(pk=row.pk)


def test_a_key_is_not_readable_for_another_address_and_is_again_for_its_own(row):
    with pytest.raises(ConfigError, match="entered for https://qa.testmo.example:443"):
        connector_for(moved(row))
    with pytest.raises(ConfigError, match="Enter them again") as raised:
        assert moved(row).secrets
    assert SECRETS["token"] not in str(raised.value)
    assert moved(row, "https://qa.testmo.example").secrets == SECRETS


@pytest.mark.parametrize(
    "same",
    [
        "https://qa.testmo.example/",
        "https://QA.testmo.example:443",
        "https://qa.testmo.example/api/v1",
    ],
)
def test_another_spelling_of_the_same_server_is_no_other_address(row, same):
    assert moved(row, same).secrets == SECRETS


@pytest.mark.parametrize(
    "other",
    [
        "http://qa.testmo.example",
        "https://qa.testmo.example:8443",
        "https://qa.testmo.example.evil.example",
        "https://mara:x@qa.testmo.example",
        "https://qa.testmo.example@evil.example",
        "https://evil.example\\@qa.testmo.example",
        "https://qa.testmo.example?.evil.example",
        "qa.testmo.example",
        "",
    ],
)
def test_what_only_looks_like_its_address_gets_no_key(row, other):
    with pytest.raises(ConfigError):
        assert moved(row, other).secrets


def test_an_object_saved_with_another_address_keeps_the_key_to_itself(row):
    row.base_url = EVIL
    row.save()
    with pytest.raises(ConfigError):
        connector_for(Connection.objects.get(pk=row.pk))


def test_moving_a_connection_without_a_key_is_refused_before_anybody_is_asked(row):
    with pytest.raises(ConfigError, match="Enter them again"):
        save_connection(vendor="testmo", name="Testmo", base_url=EVIL, check=False)
    row.refresh_from_db()
    assert (row.base_url, row.secrets) == ("https://qa.testmo.example", SECRETS)


def test_the_command_sends_no_stored_key_elsewhere(row, capsys, wire: Wire):
    words = ["connect", "testmo", "--name", "Testmo", "--base-url", wire.url]
    ended = run(capsys, *words)
    assert ended.code == 2
    assert "entered for https://qa.testmo.example:443" in ended.err
    assert not wire.requests
    row.refresh_from_db()
    assert row.base_url == "https://qa.testmo.example"


def test_moving_a_connection_with_a_new_key_binds_that_one(row):
    save_connection(
        vendor="testmo",
        name="Testmo",
        base_url=EVIL,
        secrets={"token": "new"},
        check=False,
    )
    assert Connection.objects.get().secrets == {"token": "new"}


def test_the_admin_changes_neither_address_nor_tool(row):
    admin = Client()
    admin.force_login(User.objects.create_superuser("ada"))
    path = f"/admin/ingest/connection/{row.pk}/change/"
    page = admin.get(path).content.decode()
    assert 'name="base_url"' not in page
    assert 'name="vendor"' not in page
    fields = {
        "name": "Renamed",
        "base_url": EVIL,
        "vendor": "testably",
        "settings": "{}",
        "project_ids": "[]",
        "status_map": "{}",
        "interval_minutes": "9",
    }
    assert admin.post(path, fields).status_code == 302
    row.refresh_from_db()
    assert (row.name, row.base_url, row.vendor) == (
        "Renamed",
        "https://qa.testmo.example",
        "testmo",
    )


def test_keys_that_were_stored_for_no_address_are_refused_until_they_are_bound(row):
    Connection.objects.update(credentials=encrypted(SECRETS))
    with pytest.raises(ConfigError, match="entered for another address"):
        assert Connection.objects.get().secrets
    import_module("ingest.migrations.0009_credentials_of_one_address").bind(apps, None)
    assert Connection.objects.get().secrets == SECRETS
    with pytest.raises(ConfigError):
        assert moved(row).secrets


def test_a_key_that_is_encrypted_anew_stays_bound(row, settings):
    before = Connection.objects.get().credentials
    newest = Fernet.generate_key().decode()
    settings.CREDENTIALS_KEYS = [newest, *settings.CREDENTIALS_KEYS]
    keep_house()
    assert Connection.objects.get().credentials != before
    assert Connection.objects.get().secrets == SECRETS
    with pytest.raises(ConfigError):
        assert moved(row).secrets


HOSTILE = [
    "ftp://qa.testmo.example",
    "file:///etc/passwd",
    "javascript:alert(1)//https://x",
    "https://mara@qa.testmo.example",
    "https://mara:pw@qa.testmo.example",
    "https://@qa.testmo.example",
    "https://qa.testmo.example\\@evil.example",
    "https://qa.testmo.example:0",
    "https://qa.testmo.example:99999",
    "https://qa.test\nmo.example",
    "https://[::1",
    "https://",
    "//qa.testmo.example",
    "",
]


@pytest.mark.parametrize("address", HOSTILE)
def test_no_path_takes_another_scheme_or_a_user_in_an_address(db, address):
    assert not is_plain(address)
    assert origin_of(address) == ""
    assert web_link(address) == ""
    with pytest.raises(ConfigError, match="The address cannot be used"):
        # Testmo has no address of its own that could stand in for an empty one.
        save_connection(
            vendor="testmo",
            name="Testmo",
            base_url=address,
            secrets=SECRETS,
            check=False,
        )
    assert not Connection.objects.exists()


@pytest.mark.parametrize("address", ["https://a.example/?x", "https://a.example/#x"])
def test_a_link_may_have_a_query_and_a_base_address_may_not(address):
    assert web_link(address) == address
    assert not is_plain(address)


@pytest.mark.parametrize(
    ("address", "origin"),
    [
        ("https://A.example", "https://a.example:443"),
        ("http://127.0.0.1:8000/api", "http://127.0.0.1:8000"),
        ("http://[::1]/", "http://[::1]:80"),
    ],
)
def test_an_origin_is_scheme_host_and_port(address, origin):
    assert origin_of(address) == origin
