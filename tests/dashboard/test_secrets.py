"""A marked secret of every kind, faults all around it, and none of them in what is said.

Looked through are all pages, objects of the API and of Django's admin, the log, what
commands print, the cache, the queue, and every table as a dump of it would be.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest
import redis
from django.conf import settings as configured
from django.contrib.admin import site
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

from dashboard.celery import app
from dashboard.digests.channels import shown_address
from dashboard.models import ApiToken, Channel, ChannelKind, Scope, Share
from dashboard.pages.runs import views as of_runs
from dashboard.people.invitations import invite
from dashboard.people.password_links import password_link
from dashboard.readers import Role
from dashboard.security import RedactingFormatter
from ingest.connections import connector_for
from ingest.contract import VendorError
from ingest.models import Connection
from tests.dashboard import addresses
from tests.dashboard.api.client import V1
from tests.dashboard.marked import Marked, make_marked
from tests.dashboard.page_reader import PASSWORD, logged_in, person
from tests.dashboard.sign_in.test_second_factor import switch_on
from tests.ingest.manage import run
from tests.ingest.wire import Answer, Wire, wire

__all__ = ["wire"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_redis")]
MARK = "M4rk3dS3cr3t"
# A session's row is found by what its cookie holds; a dump must leave these out.
SESSIONS = frozenset(["django_session", "usersessions_usersession"])


@dataclass(frozen=True)
class Planted:
    """The secrets, by what each of them is, and who is asked for the pages."""

    secrets: dict[str, str]
    made: Marked
    root: User
    tool: Connection


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Everything that is logged at any level, as it would come out."""
    text = io.StringIO()
    handler = logging.StreamHandler(text)
    handler.setFormatter(RedactingFormatter("%(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield text
    root.removeHandler(handler)
    root.setLevel(before)


@pytest.fixture
def planted(wire: Wire, log: io.StringIO, settings: Any) -> Planted:
    settings.ALLOW_PRIVATE_VENDOR_URLS = True
    made = make_marked(lambda name: f"some {name}", set())
    root = person("root", Role.ADMIN)
    tool = Connection(name="echo", vendor="testmo", base_url=wire.url)
    tool.secrets = {"token": f"{MARK}-of-the-tool"}
    tool.save()
    to = Channel(owner=root, kind=ChannelKind.WEBHOOK, name="hook")
    to.address = f"https://hook.example/{MARK}-of-the-channel"
    to.shown = shown_address(ChannelKind.WEBHOOK, to.address)
    to.save()
    secret, codes = switch_on(logged_in(root))
    invitation = invite(email="", role=Role.VIEWER, teams=[], days=1, by="root")[1]
    secrets = {
        "tool's key": f"{MARK}-of-the-tool",
        "channel": f"{MARK}-of-the-channel",
        "password": PASSWORD,
        "hash of the password": root.password,
        "API token": ApiToken.issue(root.pk, scopes=[Scope.READ, Scope.INTAKE])[1],
        "share": Share.make(root.pk, path="/runs/", query="", projects=[1])[1],
        "invitation": invitation.strip("/").rpartition("/")[2],
        "link for a password": password_link(made.user, by="root").split("/")[-2],
        "second factor": secret,
        **{f"recovery code {code}": code for code in codes},
        "SECRET_KEY": configured.SECRET_KEY,
        "CREDENTIALS_KEYS": configured.CREDENTIALS_KEYS[0],
    }
    return Planted(secrets, made, root, tool)


def found_in(text: str, planted: Planted, *, but: tuple[str, ...] = ()) -> list[str]:
    return [
        n for n, secret in planted.secrets.items() if n not in but and secret in text
    ]


def body_of(client: Client, path: str) -> str:
    answer = client.get(path)
    parts = answer.streaming_content if answer.streaming else [answer.content]
    head = "\n".join(f"{name}: {value}" for name, value in answer.headers.items())
    return head + b"".join(parts).decode("utf-8", "replace")


def paths_of(made: Marked) -> Iterator[str]:
    for paths in addresses.pages(made).values():
        yield from paths
    for paths in addresses.objects(made).values():
        yield from (V1 + path for path in paths)
    yield from (
        "/people/",
        "/people/tokens/",
        "/teams/",
        "/audit/",
        "/audit/?format=csv",
    )
    yield from ("/account/", "/digests/", "/digests/all/", "/embeds/", "/shares/")
    yield from (f"/people/{made.user.pk}/", "/connect/")


def admin_paths() -> Iterator[str]:
    yield "/admin/"
    for model in site._registry:
        path = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        yield path
        yield from (
            f"{path}{pk}/change/" for pk in model.objects.values_list("pk", flat=True)
        )


def test_no_page_object_or_admin_shows_a_secret(planted: Planted) -> None:
    client = logged_in(planted.root)
    User.objects.filter(pk=planted.root.pk).update(is_staff=True, is_superuser=True)
    seen = {
        path: found
        for path in (*paths_of(planted.made), f"/connect/?connection={planted.tool.pk}")
        if (found := found_in(body_of(client, path), planted))
    }
    assert seen == {}
    answers = {path: body_of(client, path) for path in admin_paths()}
    assert {p: f for p, text in answers.items() if (f := found_in(text, planted))} == {}
    # Else nothing was looked at.
    assert any("echo" in text for path, text in answers.items() if "connection" in path)


def test_no_fault_says_a_secret(
    planted: Planted, wire: Wire, log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A tool that says back what it was sent, and a page that breaks with a secret."""
    key = planted.secrets["tool's key"]
    said = f"Authorization: Bearer {key}; token={key}; {key}"
    wire.serve(
        Answer(path="/api/v1/projects", query={}, raw=said.encode(), status=500),
        must_be_used=False,
    )
    with pytest.raises(VendorError) as raised:
        connector_for(planted.tool).check()
    assert found_in(f"{raised.value.sentence} {raised.value.answer}", planted) == []
    wire.unexpected.clear()

    def broken(*args: Any, **words: Any) -> None:
        hidden = SimpleNamespace(**planted.secrets)
        logging.getLogger("dashboard").warning("postgresql://me:%s@db/x", key)
        raise RuntimeError(f"postgresql://me:{key}@db/x refused {hidden and 'all'}")

    monkeypatch.setattr(of_runs, "run_page", broken)
    client = logged_in(planted.root)
    client.raise_request_exception = False
    page = client.get(f"/runs/{planted.made.run.pk}/")
    assert page.status_code == 500
    assert found_in(page.content.decode(), planted) == []
    for token in (planted.secrets["share"], planted.secrets["invitation"]):
        for path in (
            f"/s/{token}/none/",
            f"/invitation/{token}/x",
            f"/embed/{token}/x",
        ):
            assert Client().get(path).status_code == 404
    logged = log.getvalue()
    # Both the faults and the addresses were logged, without what they held.
    assert "RuntimeError: postgresql://me:***@db/x" in logged
    assert "Not Found: /s/***" in logged
    assert found_in(logged, planted) == []


def test_no_dump_holds_a_secret(planted: Planted) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name FROM information_schema.tables "
            "WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
        )
        tables = {name for (name,) in cursor.fetchall()} - SESSIONS
        dumps = {}
        for table in sorted(tables):
            with cursor.copy(f'COPY (SELECT * FROM "{table}") TO STDOUT') as copy:
                dumps[table] = b"".join(copy).decode()
    hashed = ("hash of the password",)
    seen = {
        t: f for t, text in dumps.items() if (f := found_in(text, planted, but=hashed))
    }
    assert seen == {}
    assert planted.secrets["hash of the password"] in dumps["auth_user"]
    assert len(tables) > 40


def test_neither_cache_nor_queue_holds_a_secret(planted: Planted) -> None:
    client = logged_in(planted.root)
    client.post("/forgot/", {"email": "x@example.com"})
    for path in ("/", "/flaky/", "/runs/", "/api/v1/metrics/summary/"):
        client.get(path)
    app.send_task("ingest.tasks.nobody", [planted.tool.pk])
    with redis.Redis.from_url(configured.REDIS_URL) as server:
        kept = [server.dump(key) or b"" for key in server.scan_iter()]
        names = [*server.scan_iter()]
    assert names
    text = b" ".join([*kept, *names]).decode("latin-1")
    assert found_in(text, planted) == []


def test_no_list_of_a_command_holds_a_secret(
    planted: Planted, capsys: pytest.CaptureFixture[str]
) -> None:
    for noun in ("user", "team", "api_token", "project"):
        ended = run(capsys, noun, "list")
        assert ended.code == 0
        assert found_in(ended.out + ended.err, planted) == []
    ended = run(capsys, "doctor")
    assert "echo" in ended.out + ended.err
    assert found_in(ended.out + ended.err, planted) == []
