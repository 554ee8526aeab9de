"""Embedded pictures: the same numbers as on pages, to anybody, as long as their owner may."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from datetime import timedelta
from html import unescape
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from dashboard.models import Act, Embed, EmbedKind, GuessCount, Team, set_role
from dashboard.pages.embeds.serving import KEPT_S
from dashboard.readers import Role
from dashboard.throttle import LINK_TRIES
from dashboard.ui.public_pictures import MOST_A_MINUTE, count_key
from dashboard.ui.text.numbers import percent
from ingest.models import Case, Connection, Project
from tests import clock, factories
from tests.dashboard.page_reader import logged_in, person
from tests.factories import NOW

pytestmark = pytest.mark.django_db
ANYBODY = Client()


@pytest.fixture
def owner(world) -> User:
    # What hides a project tells how old the others are by their own times.
    Project.objects.update(last_success_at=NOW, last_attempt_at=NOW)
    return person()


def made(user: User, kind: str, query: str = "", **form: str) -> Embed:
    answer = logged_in(user).post(
        "/embeds/make/", {"kind": kind, "query": query, "expires": "", **form}
    )
    assert answer.status_code == 302, answer.content.decode()
    return Embed.objects.latest("pk")


def path(embed: Embed, theme: str = "", form: str = "svg") -> str:
    return f"/embed/{embed.token}/{embed.kind}{theme}.{form}"


def words(embed: Embed, theme: str = "") -> list[str]:
    answer = ANYBODY.get(path(embed, theme))
    assert answer.status_code == 200
    parts = ET.fromstring(answer.content.decode()).iter()
    return [part.text or "" for part in parts if part.tag.endswith("}text")]


def summary(user: User, query: str) -> dict:
    return logged_in(user).get(f"/api/v1/metrics/summary/?{query}").json()


@pytest.mark.parametrize("query", ["", "project={shop}", "tool=testmo&window=14d"])
def test_a_badge_says_the_number_of_the_api_to_whoever_asks(world, owner, query):
    query = query.format(shop=world.shop.pk)
    known = summary(owner, query)
    assert words(made(owner, "pass-rate", query)) == [
        "pass rate",
        percent(known["pass_rate"]["value"]),
    ]
    assert words(made(owner, "failing", query))[1] == f"{known['failing_now']} tests"
    flaky = (
        known["flaky"]["cases"] if isinstance(known["flaky"], dict) else known["flaky"]
    )
    told = words(made(owner, "flaky", query))[1]
    assert told == ("none" if not flaky else f"{flaky} test{'s' if flaky > 1 else ''}")
    says = ANYBODY.get(path(made(owner, "pass-rate", query))).content.decode()
    assert f"of {known['pass_rate']['n']:,} decided results" in says


def test_charts_are_drawn_of_the_rows_of_pages(world, owner):
    one = f"project={world.shop.pk}"
    known = percent(summary(owner, one)["pass_rate"]["value"])
    assert known in words(made(owner, "trend", one))
    daily = made(owner, "daily", one)
    assert any("Web shop" in said for said in words(daily))
    burn_up = made(owner, "burn-up", f"milestone={world.release.pk}")
    assert any("v26.11" in said for said in words(burn_up))
    for embed in (daily, burn_up):
        assert words(embed, "-dark") == words(embed)
        picture = ANYBODY.get(path(embed, form="png"))
        assert picture["Content-Type"] == "image/png"
        assert picture.content.startswith(b"\x89PNG")


def test_how_it_is_answered_suits_proxies_and_runs_nothing(owner):
    embed = made(owner, "daily")
    answer = ANYBODY.get(path(embed, "-auto") + "?v=2")
    assert answer["Content-Type"] == "image/svg+xml; charset=utf-8"
    assert answer["Cache-Control"] == f"public, max-age={KEPT_S}"
    assert answer["X-Robots-Tag"] == "noindex"
    assert answer["Referrer-Policy"] == "no-referrer"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == (
        "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    )
    # Whatever page may show it, in a frame too; nothing of ours else.
    assert "X-Frame-Options" not in answer
    assert answer["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert ANYBODY.get("/embed/none/daily.svg")["X-Frame-Options"] == "DENY"
    again = ANYBODY.get(path(embed, "-auto"), headers={"if-none-match": answer["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again["Cache-Control"] == answer["Cache-Control"]
    assert ANYBODY.post(path(embed)).status_code == 405


def hide(project: Project) -> None:
    team = Team.objects.create(name=f"team of {project}")
    team.projects.add(project)


def closed(url: str) -> tuple:
    answer = ANYBODY.get(url)
    # Each answer has a number of its own.
    own = ("Content-Length", "X-Request-ID")
    kept = {k: v for k, v in answer.headers.items() if k not in own}
    return answer.status_code, answer.content, kept


def test_whatever_opens_nothing_is_answered_alike(world, owner):
    other = person("ines")
    shop = f"project={world.shop.pk}"
    good = path(made(owner, "failing", shop))
    token = good.split("/")[2]
    before = {
        "forged": good.replace(token, token[:-4] + "AAAA"),
        "truncated": good.replace(token, token[:-1]),
        "no signature": good.replace(token, token.partition(".")[0]),
        "of another kind": good.replace("failing", "flaky"),
        "no kind": good.replace("failing", "nothing"),
        "no such form": good.replace(".svg", ".gif"),
        "png of both themes": good.replace(".svg", "-auto.png"),
        "NUL": good.replace(token, "%00"),
    }
    revoked = made(owner, "failing", shop)
    logged_in(owner).post(f"/embeds/{revoked.pk}/revoke/")
    expired = made(owner, "failing", shop, expires="30")
    Embed.objects.filter(pk=expired.pk).update(expires_at=NOW - timedelta(days=1))
    of_hidden = made(owner, "failing", f"project={world.portal.pk}")
    of_all = made(owner, "failing")
    of_milestone = made(owner, "burn-up", f"milestone={world.release.pk}")
    theirs = made(other, "failing", shop)
    assert ANYBODY.get(good).status_code == 200
    hide(world.portal)
    world.release.delete()
    set_role(other, Role.VIEWER)
    told = closed("/embed/x/failing.svg")
    assert told[0] == 404
    assert told[2]["X-Robots-Tag"] == "noindex"
    for name, url in before.items():
        assert closed(url) == told, name
    for embed in (revoked, expired, of_hidden, of_all, of_milestone, theirs):
        assert closed(path(embed)) == told, embed
    assert ANYBODY.get(good).status_code == 200
    User.objects.filter(pk=owner.pk).update(is_active=False)
    assert closed(good) == told
    owner.delete()
    assert closed(good) == told


def test_a_new_key_of_the_site_ends_every_address(owner, settings):
    embed = made(owner, "data")
    before = path(embed)
    settings.SECRET_KEY = "another"
    assert ANYBODY.get(before).status_code == 404
    assert ANYBODY.get(path(embed)).status_code == 200


def test_guesses_are_told_to_wait_and_pictures_go_on(owner):
    good = path(made(owner, "data"))
    assert ANYBODY.get("/embed/guess/data.svg").status_code == 404
    assert GuessCount.objects.update(tries=LINK_TRIES - 1) == 1
    assert ANYBODY.get("/embed/guess/data.svg").status_code == 404
    answer = ANYBODY.get("/embed/guess/data.svg")
    assert answer.status_code == 429
    assert 0 < int(answer["Retry-After"]) <= 600
    assert ANYBODY.get(good).status_code == 200
    elsewhere = Client(REMOTE_ADDR="192.0.2.7")
    assert elsewhere.get("/embed/guess/data.svg").status_code == 404


def test_one_picture_is_not_asked_for_without_end(owner):
    embed = made(owner, "data")
    assert ANYBODY.get(path(embed)).status_code == 200
    key = count_key(f"embed-{embed.pk}", "127.0.0.1", clock.now())
    cache.set(key, MOST_A_MINUTE - 1)
    assert ANYBODY.get(path(embed)).status_code == 200
    answer = ANYBODY.get(path(embed))
    assert answer.status_code == 429
    assert 0 < int(answer["Retry-After"]) <= 60
    assert Client(REMOTE_ADDR="192.0.2.7").get(path(embed)).status_code == 200


def test_stale_data_is_said_in_place_of_a_number(world, owner):
    late = NOW - timedelta(hours=26)
    Connection.objects.filter(name="QA.tech").update(last_success_at=late)
    for kind in ("pass-rate", "failing", "flaky", "data"):
        assert words(made(owner, kind))[1] == "26 h old"
    of_shop = made(owner, "pass-rate", f"project={world.shop.pk}")
    assert words(of_shop)[1].endswith("%")
    assert "QA.tech: 26 h old." in words(made(owner, "daily"))
    Connection.objects.filter(name="QA.tech").update(last_success_at=None)
    assert words(made(owner, "data"))[1] == "never synced"
    Connection.objects.filter(name="Testmo").update(last_error="refused")
    assert words(made(owner, "data"))[1] == "stale"


def test_nothing_is_no_healthy_number(world, owner):
    before = "since=2020-01-01&until=2020-02-01"
    for kind in ("pass-rate", "failing", "flaky"):
        assert words(made(owner, kind, before))[1] == "no results"
    assert "No results in this time." in words(made(owner, "daily", before))
    core = f"project={world.core.pk}"
    assert words(made(owner, "flaky", core))[1] == "totals only"


def test_only_what_the_owner_saw_then_and_sees_now_is_counted(world, owner):
    hide(world.portal)
    everything = made(owner, "pass-rate")
    said = words(everything)
    assert said[1] == percent(summary(owner, "")["pass_rate"]["value"])
    new = factories.make_project(world.shop.connection, name="New")
    factories.make_results(factories.make_run(new), "F" * 50)
    again = made(owner, "pass-rate")
    assert words(again) != said
    # What is kept of the picture is of the same projects.
    Embed.objects.filter(pk=everything.pk).update(query="window=30d")
    assert words(everything) == said


def test_editors_make_them_and_see_their_own_and_administrators_all(world, owner):
    mine, other = made(owner, "data"), person("ines")
    theirs = made(other, "flaky")
    html = logged_in(owner).get("/embeds/").content.decode()
    assert mine.token in html
    assert theirs.token not in html
    revoke = f"/embeds/{theirs.pk}/revoke/"
    assert logged_in(owner).post(revoke).status_code == 404
    admin = logged_in(person("root", is_superuser=True))
    assert theirs.token in admin.get("/embeds/").content.decode()
    assert admin.post(revoke).status_code == 302
    assert ANYBODY.get(path(theirs)).status_code == 404
    ANYBODY.get(path(mine))
    assert "last asked for" in logged_in(owner).get("/embeds/").content.decode()


def test_the_audit_log_keeps_who_made_and_ended_them(world, owner):
    embed = made(owner, "failing", f"project={world.shop.pk}", expires="30")
    root = logged_in(person("root", is_superuser=True))
    for _ in range(2):
        root.post(f"/embeds/{embed.pk}/revoke/")
    begun, ended = Act.objects.filter(kind="embed").order_by("pk")
    assert (begun.by, ended.by) == (owner.username, "root")
    assert begun.after == ended.before
    assert begun.after["projects"] == [world.shop.pk]
    assert begun.after["until"] == embed.expires_at.isoformat()
    assert (begun.before, ended.after) == ({}, {})
    log = root.get("/audit/").content.decode()
    assert "made the embedded picture" in log
    assert "revoked the embedded picture" in log
    # At midnight the day says it.
    ends = embed.expires_at.strftime(" %H:%M").removesuffix(" 00:00")
    filters = f"filters “project={world.shop.pk}”"
    said = rf"1 project; {filters}; always current; until [^;<]*{ends}"
    assert len(re.findall(said, log)) == 2


def test_a_long_list_asks_the_database_no_more_than_a_short_one(world, owner):
    asked, reader = [], logged_in(owner)
    for number, case in enumerate(Case.objects.filter(project=world.shop)[:3]):
        milestone = factories.make_milestone(world.shop, f"v{number}").pk
        for query in (f"milestone={milestone}", f"case={case.pk}&branch=main"):
            projects = [world.shop.pk]
            Embed.objects.create(
                owner=owner, kind="trend", query=query, projects=projects
            )
        with CaptureQueriesContext(connection) as queries:
            page = reader.get("/embeds/").content.decode()
        assert page.count("Lines to copy") == 2 * (number + 1)
        asked.append(len(queries))
    assert asked[1] == asked[2]


@pytest.mark.parametrize("url", ["/embeds/", "/embeds/preview/data.svg"])
def test_viewers_and_strangers_make_none(world, url, settings):
    settings.PUBLIC_READ = True
    viewer = logged_in(person("vera", Role.VIEWER))
    assert viewer.get(url).status_code == 403
    assert viewer.post("/embeds/make/", {"kind": "data"}).status_code == 403
    assert ANYBODY.get(url).status_code == 302
    assert ANYBODY.post("/embeds/make/", {"kind": "data"}).status_code == 302
    pages = ["/", f"/projects/{world.shop.pk}/", f"/milestones/{world.release.pk}/"]
    for page in pages:
        assert "/embeds/" not in viewer.get(page).content.decode()
        assert "/embeds/" not in ANYBODY.get(page).content.decode()


def test_from_a_page_its_filters_come_along(world, owner):
    client = logged_in(owner)
    for page, kinds in {
        f"/projects/{world.shop.pk}/?configuration=Chrome": 6,
        f"/milestones/{world.release.pk}/": 7,
        "/?tool=testmo&window=14d": 6,
    }.items():
        html = client.get(page).content.decode()
        href = unescape(re.search(r'href="(/embeds/[^"]*)"', html)[1])
        assert "?" in href
        form = client.get(href).content.decode()
        assert form.count('name="kind"') == kinds
        for preview in re.findall(r'src="(/embeds/preview/[^"]*)"', form):
            answer = client.get(unescape(preview))
            assert answer["Content-Type"] == "image/svg+xml; charset=utf-8"
            assert answer["Cache-Control"] == "private, no-store"


def test_lines_to_copy_hold_whatever_a_name_is(world, owner):
    hostile = '"><script>alert(1)</script>](x) &'
    factories.make_run(world.shop, branch=hostile)
    embed = made(owner, "pass-rate", urlencode({"branch": hostile}))
    html = logged_in(owner).get("/embeds/").content.decode()
    assert "<script>alert" not in html
    lines = [unescape(x) for x in re.findall(r"<pre[^>]*>(.*?)</pre>", html, re.S)]
    markdown, in_html, svg, png = lines
    assert markdown.startswith(
        f"[![Pass rate](http://testserver{path(embed)})](http://"
    )
    assert "<script>" not in in_html
    assert '-dark.svg"' in in_html
    assert svg == f"http://testserver{path(embed, '-auto')}"
    for line in (svg, png):
        assert ANYBODY.get(line.removeprefix("http://testserver")).status_code == 200
    assert "alert(1)" in ANYBODY.get(path(embed)).content.decode()
    ET.fromstring(ANYBODY.get(path(embed)).content.decode())


@pytest.mark.parametrize(
    "form",
    [
        {"kind": "nothing"},
        {"kind": "data", "expires": "1"},
        {"kind": "data", "expires": "-1"},
        {"kind": ""},
        {},
    ],
)
def test_a_form_that_is_not_ours_makes_nothing(owner, form):
    answer = logged_in(owner).post(
        "/embeds/make/", {"query": "", "expires": "", **form}
    )
    assert answer.status_code == 404
    assert not Embed.objects.exists()


@pytest.mark.parametrize(
    ("kind", "query", "sentence"),
    [
        ("data", "project=999999", "There is no project “999999”."),
        ("data", "nothing=1", "There is no parameter of this name here."),
        ("data", "as_of=2026-01-01", "An embedded picture is always current."),
        ("data", "window=0d", "is not a number of days"),
        ("burn-up", "", "A burn-up is of one milestone: choose it."),
        ("data", "tool=testifly", "No project is chosen that you see."),
    ],
)
def test_what_cannot_be_drawn_is_told_and_not_made(owner, kind, query, sentence):
    form = {"kind": kind, "query": query, "expires": ""}
    answer = logged_in(owner).post("/embeds/make/", form)
    assert answer.status_code == 422
    assert sentence in unescape(answer.content.decode())
    assert not Embed.objects.exists()


def test_every_kind_has_a_picture(world, owner):
    for kind in EmbedKind:
        query = f"milestone={world.release.pk}" if kind is EmbedKind.BURN_UP else ""
        assert words(made(owner, str(kind), query))
