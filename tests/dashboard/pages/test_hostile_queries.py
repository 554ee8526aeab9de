"""No address answers with an error of ours, whatever is written into it.

A route does not get every value in every parameter, which would take minutes: each
begins at another place of the lists, so that over all routes everything comes up.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern

from dashboard import api_urls, page_urls
from dashboard.api.access import PerCaller
from ingest.models import Case, Reject, StartedRun
from ingest.models.results import ORDINALS
from tests import factories
from tests.dashboard.hostile import (
    COMMON,
    HEADERS,
    IDS,
    OF_FORMS,
    OF_PAGES,
    OF_THE_API,
    PLAIN,
    QUERIES,
    TOO_MANY,
    WAYS_BACK,
    Walk,
    looked_at,
    packed,
    value_at,
)
from tests.dashboard.page_reader import logged_in, person

pytestmark = pytest.mark.django_db
PAGES, API = page_urls.urlpatterns, api_urls.urlpatterns
# They take no parameter, and each answer takes long.
UNASKED = ("api-schema", "api-docs", "api-docs-metrics")


@dataclass(frozen=True)
class Ids:
    project: int
    run: int
    case: int
    milestone: int
    connection: int
    reject: int
    result: int
    started: int


@pytest.fixture
def ids() -> Ids:
    # Without a key a test of it ends before anybody is asked.
    connection = factories.make_connection("Testmo")
    project = factories.make_project(connection, name="Shop")
    milestone = factories.make_milestone(project, due_at=factories.NOW)
    for hours, letters in ((60, "PPF"), (40, "PF?"), (2, "FPE")):
        run = factories.make_run(
            project,
            configuration="Chrome",
            source="backend",
            branch="main",
            milestones=[milestone],
            started_at=factories.NOW - timedelta(hours=hours),
        )
        factories.make_results(run, letters, message="Expected 3, found 2")
    factories.make_sync(connection, project=project)
    about = {"connection": connection, "project": project, "where": "runs"}
    reject = Reject.objects.create(**about, reason="no id", created_at=factories.NOW)
    case = Case.objects.filter(project=project).earliest("pk")
    result = run.pk * ORDINALS
    started = StartedRun.objects.create(
        connection=connection,
        project=project,
        kind="start",
        by="mara",
        state="running",
        asked_at=factories.NOW,
    )
    of_project = (project.pk, run.pk, case.pk, milestone.pk)
    return Ids(*of_project, connection.pk, reject.pk, result, started.pk)


@pytest.fixture(autouse=True)
def _open_to_all(settings: Any, empty_redis: None, monkeypatch: Any) -> None:
    settings.PUBLIC_READ = True
    monkeypatch.setattr(PerCaller, "most", 1_000_000)


@pytest.fixture
def mara() -> Client:
    return logged_in(person(is_staff=True, is_superuser=True))


def path_of(route: URLPattern, ids: Ids) -> str:
    """An address of the route at which there is something."""
    path = f"/{route.pattern}"
    if path.startswith("/^"):
        return "/api/v1/none/"
    own = {f"{name}_id": number for name, number in vars(ids).items()}
    noun = path.removeprefix("/api/v1/").partition("/")[0].removesuffix("s")
    own |= {"connection": ids.connection, "pk": getattr(ids, noun, ids.run)}
    # Of what is made by people there is nothing here; a token opens nothing.
    for name in route.pattern.converters:
        path = path.replace(f"<int:{name}>", str(own.get(name, 1)))
        path = re.sub(rf"<(str:|path:)?{name}>", "none", path)
    return path


def test_no_query_breaks_a_page(ids, mara, caplog):
    walk = Walk(mara, Client())
    for number, route in enumerate(PAGES):
        path = path_of(route, ids)
        if mara.get(path).status_code == 405:
            continue
        for turn in range(3):
            start = number + 16 * turn
            walk.get(f"{path}?{packed([*COMMON, *OF_PAGES], start)}")
    assert not walk.failed
    # A part that fails alone leaves its page at 200.
    assert "did not load" not in caplog.text


def test_no_query_breaks_the_api(ids, mara):
    walk = Walk(mara, Client())
    for number, route in enumerate(API):
        for place, name in enumerate([*COMMON, *OF_THE_API]):
            # Every other parameter, the others with the next route.
            if route.name not in UNASKED and (number + place) % 2:
                value = value_at(5 * number + place)
                walk.get(f"{path_of(route, ids)}?{name}={value}")
    assert not walk.failed


def test_no_form_breaks_on_what_it_is_sent(ids, mara):
    walk = Walk(mara)
    for number, route in enumerate(PAGES):
        path = path_of(route, ids)
        if route.name == "logout" or mara.post(path).status_code == 405:
            continue
        with looked_at() as names:
            walk.post(path, packed(OF_FORMS, number))
            walk.post(path, plain_but(""))
            asked: list[str] = []
            while left := sorted(names.difference(asked)):
                for name in left:
                    value = value_at(5 * number + len(asked))
                    walk.post(path, f"{plain_but(name)}&{name}={value}")
                    asked.append(name)
    assert not walk.failed


def plain_but(name: str) -> str:
    """What a form of ours would send, without this field."""
    return "&".join(f"{key}={value}" for key, value in PLAIN.items() if key != name)


def test_no_odd_query_header_or_id_breaks_any_address(ids, mara):
    walk = Walk(mara, Client())
    for number, route in enumerate([*PAGES, *API]):
        if route.name in UNASKED:
            continue
        path = path_of(route, ids)
        walk.get(f"{path}?{QUERIES[number % len(QUERIES)]}")
        walk.get(path, headers=HEADERS)
        if route.pattern.converters:
            walk.get(path_of(route, Ids(*[IDS[number % len(IDS)]] * len(fields(Ids)))))
    assert not walk.failed


@pytest.mark.parametrize("path", ["/theme/", "/login/", "/admin/login/", "/setup/"])
def test_no_way_back_breaks_an_address(mara, path):
    for client in (mara, Client()):
        walk = Walk(client)
        for way in WAYS_BACK:
            walk.get(f"{path}?next={way}&to=dark&token={way}")
        assert not walk.failed


def test_no_way_back_in_the_form_breaks_the_log_in(mara):
    walk = Walk(Client())
    for way in WAYS_BACK:
        walk.post("/login/", f"next={way}&username=nobody&password=x")
    assert not walk.failed


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/x-www-form-urlencoded", TOO_MANY.encode()),
        ("application/x-www-form-urlencoded", b"username=%FF%00&password=\xff\x00"),
        ("application/x-www-form-urlencoded; charset=nope", b"username=mara"),
        ("multipart/form-data", b"--x"),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: \xff"),
        ("multipart/form-data; boundary=x; charset=nope", b"--x--"),
        ("application/json", b"{"),
        ("", b"\xff" * 100),
    ],
)
def test_no_body_breaks_a_form_or_the_api(ids, mara, kind, body):
    for path in ("/login/", f"/cases/{ids.case}/note/", "/connect/"):
        assert mara.generic("POST", path, body, kind).status_code < 500
    for path in ("runs/", f"connections/{ids.connection}/sync/"):
        answer = Client().generic("POST", f"/api/v1/{path}", body, kind)
        assert 400 <= answer.status_code < 500


@pytest.mark.parametrize("way", ["foo", "//evil.example", "login", "http:evil.example"])
def test_the_theme_leads_to_a_path_of_ours_only(client, way):
    answer = client.get("/theme/", {"next": way, "to": "dark"})
    assert (answer.status_code, answer.url) == (302, "/")


def test_somebody_who_is_logged_in_and_sent_to_log_in_again_sees_the_overview(mara):
    assert mara.get("/login/?next=/login/").url == "/"


@pytest.mark.parametrize("path", ["/", "/api/v1/runs/", "/no-such-page/"])
def test_more_parameters_than_can_be_read_are_no_error_of_ours(client, path):
    answer = client.get(f"{path}?{TOO_MANY}")
    assert answer.status_code in (400, 404)
    assert answer.content
