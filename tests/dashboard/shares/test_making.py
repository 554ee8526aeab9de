"""Shares made and ended, by the API and on pages."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from selectolax.lexbor import LexborHTMLParser

from dashboard.models import Act, ApiToken, Share, Team
from dashboard.readers import Role
from ingest.models import Result, Run
from ingest.models.results import ORDINALS
from tests import clock, factories
from tests.dashboard.page_reader import form_of, logged_in, person, text_of
from tests.dashboard.shares.parts import API, shared, visited
from tests.dashboard.world import World

pytestmark = pytest.mark.django_db


def posted(client: Client, **body: Any) -> Any:
    return client.post(API, body, content_type="application/json")


def with_token(token: str, body: Any = None) -> Any:
    """What the list answers to a token, or the making of a share where there is a body."""
    headers = {"Authorization": f"Bearer {token}"}
    if body is None:
        return Client().get(API, headers=headers)
    return Client().post(API, body, content_type="application/json", headers=headers)


def test_a_share_is_made_with_the_fields_that_are_promised(world: World) -> None:
    ends = clock.now() + timedelta(days=7)
    answer = posted(
        logged_in(person()),
        path="/flaky/?window=30d&theme=dark&cursor=x",
        expires_at=ends.isoformat(),
        pinned=True,
    )
    assert answer.status_code == 201, answer.content
    made = answer.json()
    assert sorted(made) == sorted(
        ["id", "url", "path", "pinned", "as_of", "expires_at", "last_used_at"]
        + ["projects"]
    )
    assert made["url"].startswith("http://testserver/s/")
    assert made["pinned"] is True
    assert made["as_of"] is not None
    # A pinned one tells of a time range that no longer moves.
    share = Share.objects.get()
    assert share.until == min(clock.now(), share.as_of).replace(microsecond=0)
    assert share.since == share.until - timedelta(days=30)
    assert "window" not in made["path"]
    assert made["last_used_at"] is None
    ids = {world.shop.pk, world.portal.pk, world.core.pk}
    assert {*made["projects"]} == ids
    said = text_of(visited(urlsplit(made["url"]).path))
    assert "as of" in said
    # A list of all time ends with the moment, and begins with the first row.
    until = clock.now().replace(microsecond=0)
    for path in ("/results/", f"/results/?until={until.date()}"):
        answer = posted(logged_in(share.owner), path=path, pinned=True)
        assert answer.status_code == 201, answer.content
        assert Share.objects.first().since is None
        assert visited(urlsplit(answer.json()["url"]).path).status_code == 200


def test_pages_that_look_alike_have_one_spelling(world: World) -> None:
    client = logged_in(person())
    paths = [
        f"/runs/?status=failed&project={world.shop.pk}&q=",
        f"/runs/?project={world.shop.pk}&status=failed#rows",
    ]
    made = [posted(client, path=path).json()["path"] for path in paths]
    assert made == [f"/runs/?project={world.shop.pk}&status=failed"] * 2


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"path": "https://elsewhere.example/flaky/"}, "path"),
        ({"path": "//elsewhere.example/flaky/"}, "path"),
        ({"path": "/\\elsewhere.example/flaky/"}, "path"),
        ({"path": "flaky/"}, "path"),
        ({"path": "/admin/"}, "path"),
        ({"path": "/api/v1/runs/"}, "path"),
        ({"path": "/s/token"}, "path"),
        ({"path": "/connect/"}, "path"),
        ({"path": "/shares/"}, "path"),
        ({"path": "/login/"}, "path"),
        ({"path": "/nothing/"}, "path"),
        ({"path": "/runs/999999999/"}, "path"),
        ({"path": "/runs/99999999999999999999999/"}, "path"),
        ({"path": "/compare/"}, "path"),
        ({"path": "/flaky/?wind=30d"}, "path"),
        ({"path": "/flaky/?window=soon"}, "path"),
        ({"path": "/flaky/?window=7d&window=30d"}, "path"),
        ({"path": "/flaky/?window=7d&since=2026-01-01"}, "path"),
        ({"path": "/flaky/?project=999999"}, "path"),
        ({"path": "/flaky/?q=a%00b"}, "path"),
        ({"path": "/runs/?status=odd"}, "path"),
        ({"path": "/cases/?view=odd"}, "path"),
        ({"path": "/runs/\n"}, "path"),
        ({"path": f"/flaky/?q={'x' * 5000}"}, "path"),
        ({"path": 7}, "path"),
        ({}, "path"),
        ({"path": "/flaky/", "expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
        ({"path": "/flaky/", "expires_at": "soon"}, "expires_at"),
        ({"path": "/flaky/", "expires_at": 7}, "expires_at"),
        ({"path": "/flaky/", "pinned": "yes"}, "pinned"),
        ({"path": "/sync/", "pinned": True}, "pinned"),
        ({"path": "/flaky/", "token": "mine"}, "token"),
    ],
)
def test_what_cannot_be_shared_is_a_400_that_names_the_field(
    world: World, body: dict[str, Any], field: str
) -> None:
    answer = posted(logged_in(person()), **body)
    assert answer.status_code == 400, answer.content
    assert {*answer.json()} == {field}
    assert not Share.objects.exists()


def test_what_its_owner_does_not_see_cannot_be_shared(world: World) -> None:
    Team.objects.create(name="Others").projects.set([world.shop])
    client = logged_in(person())
    hidden = [
        f"/projects/{world.shop.pk}/",
        f"/runs/{world.newest.pk}/",
        f"/runs/?project={world.shop.pk}",
        f"/milestones/{world.release.pk}/",
    ]
    never = [f"/projects/{10**6}/", f"/runs/{10**6}/", f"/runs/?project={10**6}"]
    never.append(f"/milestones/{10**6}/")
    for one, other in zip(hidden, never, strict=True):
        answers = [posted(client, path=path) for path in (one, other)]
        assert [answer.status_code for answer in answers] == [400, 400]
        said = [
            a.content.replace(n, b"")
            for a, n in zip(
                answers, (str(world.shop.pk).encode(), b"1000000"), strict=True
            )
        ]
        assert said[0] == said[1]
    everything = posted(client, path="/runs/").json()
    assert {*everything["projects"]} == {world.portal.pk, world.core.pk}


def test_only_whoever_may_share_does(world: World) -> None:
    editor, viewer = person("edda"), person("vera", Role.VIEWER)
    sharing = ApiToken.issue(editor.pk, scopes=["share"])[1]
    bound = ApiToken.issue(editor.pk, scopes=["share"], projects=[world.portal])[1]
    assert posted(Client(), path="/runs/").status_code in (401, 403)
    assert Client().get(API).status_code in (401, 403)
    assert posted(logged_in(viewer), path="/runs/").status_code == 403
    assert logged_in(viewer).get(API).status_code == 403
    for scopes in (["read"], ["start"], ["intake"]):
        token = ApiToken.issue(editor.pk, scopes=scopes)[1]
        assert with_token(token, {"path": "/runs/"}).status_code == 403
        assert with_token(token).status_code == 403
    weak = ApiToken.issue(viewer.pk, scopes=["share"])[1]
    assert with_token(weak, {"path": "/runs/"}).status_code == 403
    made = with_token(bound, {"path": "/runs/"})
    assert made.json()["projects"] == [world.portal.pk]
    assert with_token(sharing).json()["count"] == 1


def test_ones_own_are_listed_and_ended_and_an_administrator_has_all(
    world: World,
) -> None:
    edda, omar = person("edda"), person("omar")
    root = shared(edda, "/runs/")
    one = Share.objects.get()
    mine, theirs = logged_in(edda), logged_in(omar)
    listed = mine.get(API).json()["results"]
    assert [row["id"] for row in listed] == [one.pk]
    # The token is told once.
    assert listed[0]["url"] is None
    assert theirs.get(API).json()["results"] == []
    assert theirs.delete(f"{API}{one.pk}/").status_code == 404
    assert theirs.post(f"/shares/{one.pk}/revoke/").status_code == 404
    assert visited(root).status_code == 200
    admin = logged_in(person("ada", is_superuser=True))
    assert len(admin.get(API).json()["results"]) == 1
    page = text_of(admin.get("/shares/all/"))
    assert "edda" in page
    assert admin.delete(f"{API}{one.pk}/").status_code == 204
    assert visited(root).status_code == 404
    assert mine.get(API).json()["results"] == []
    assert mine.delete(f"{API}{one.pk}/").status_code == 404
    assert "revoked" in text_of(mine.get("/shares/"))
    assert mine.get("/shares/all/").status_code == 403


def test_the_audit_log_keeps_who_shared_what(world: World) -> None:
    edda = person("edda")
    shared(edda, f"/runs/{world.newest.pk}/")
    logged_in(edda).delete(f"{API}{Share.objects.get().pk}/")
    made, ended = Act.objects.filter(kind="share").order_by("pk")
    assert made.by == ended.by == "edda"
    assert made.after["projects"] == ended.before["projects"] == [world.shop.pk]
    assert (made.before, ended.after) == ({}, {})
    log = text_of(logged_in(person("root", is_superuser=True)).get("/audit/"))
    assert "made the share link" in log
    assert "revoked the share link" in log
    assert log.count("1 project; always current; until it is revoked") == 2


def test_the_dialog_shares_the_page_that_it_was_opened_from(world: World) -> None:
    """Without scripts: “Share” leads to a form, which gives the link and its picture."""
    client = logged_in(person())
    path = f"/flaky/?project={world.shop.pk}&window=7d"
    button = f'href="/share/?path={quote(path, safe="").replace("%2F", "%2F")}"'
    assert button in client.get(path).content.decode()
    dialog = client.get("/share/", {"path": path})
    said = text_of(dialog)
    for words in ("Flaky tests", "Project Web shop", "the last 7 days", "Web shop"):
        assert words in said
    fields = form_of(dialog.content.decode(), "/share/").fields
    made = client.post("/share/", {**fields, "shows": "moment", "until": "7"})
    share = Share.objects.get()
    assert share.is_pinned
    assert share.expires_at == clock.now() + timedelta(days=7)
    link = text_of(made).partition('id="share-text"')[2].partition(">")[2]
    root = urlsplit(link.partition("<")[0]).path
    assert visited(root).status_code == 200
    assert f"{root}/og.png" in text_of(made)
    wrong = client.post("/share/", {"path": "/admin/"})
    assert "There is no page at this path" in text_of(wrong)
    assert Share.objects.count() == 1


def test_viewers_and_strangers_are_offered_no_share(
    world: World, settings: Any
) -> None:
    settings.PUBLIC_READ = True
    viewer = logged_in(person("vera", Role.VIEWER))
    for client in (viewer, Client()):
        assert "/share/?path" not in text_of(client.get("/flaky/"))
    assert viewer.get("/share/", {"path": "/flaky/"}).status_code == 403
    assert Client().get("/share/", {"path": "/flaky/"}).status_code == 302


def test_a_long_list_asks_the_database_no_more_than_a_short_one(world: World) -> None:
    """Each kind of page once, and then three times, of other things."""
    mara, run = person(), world.newest.pk
    reader = logged_in(mara)
    rows = Result.objects.filter(run=world.newest).order_by("ordinal")[:3]
    other = Run.objects.filter(project=world.portal).latest("at").pk
    asked = []
    for number, row in enumerate(rows):
        milestone = factories.make_milestone(world.shop, f"v{number}").pk
        for path, query in (
            (f"/results/{run * ORDINALS + row.ordinal}/", ""),
            (f"/cases/{row.case_id}/", f"milestone={milestone}"),
            (f"/milestones/{milestone}/", ""),
            (f"/runs/{other}/", f"case={row.case_id}&project={world.shop.pk}"),
        ):
            projects = [world.shop.pk]
            Share.make(mara.pk, path=path, query=query, projects=projects)
        with CaptureQueriesContext(connection) as queries:
            page = LexborHTMLParser(text_of(reader.get("/shares/")))
        assert len(page.css("#rows form")) == 4 * (number + 1)
        asked.append(len(queries))
    assert asked[1] == asked[2]
    names = {name.text() for name in page.css("#rows .nm")}
    assert {"case 1", "v0", "v1", "v2"} <= names
    assert any(name.startswith("nightly ") for name in names)
