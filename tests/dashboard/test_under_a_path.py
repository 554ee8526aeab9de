"""Passline under a path of a host: nothing that it says leads out of it."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from html import unescape
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from django.urls import get_resolver

from dashboard import first_user
from dashboard.addresses import address
from tests.browser.sites import Site
from tests.dashboard.marked import Marked, make_marked
from tests.dashboard.page_reader import PASSWORD, person
from tests.dashboard.proxied import Proxy, Visitor, Walk, running
from tests.databases import create_database, drop_databases, using_database

PREFIX = "/passline"
LISTS = ("connections", "projects", "milestones", "runs", "cases", "results", "syncs")
METRICS = (
    "summary",
    "failing",
    "flaky",
    "failures",
    "slow",
    "standup",
    "reconciliation",
)


@pytest.fixture(scope="module")
def made(empty_database: str, django_db_blocker: Any) -> Iterator[tuple[str, Marked]]:
    name = "passline_path" + os.environ.get("PYTEST_XDIST_WORKER", "")
    with django_db_blocker.unblock():
        create_database(name, template=empty_database)
        with using_database(name):
            rows = make_marked(said, [])
            person("ada", is_superuser=True)
    yield name, rows
    with django_db_blocker.unblock():
        drop_databases([name])


def said(column: str) -> str:
    return "https://vendor.example/1" if column.endswith("_url") else "said"


@pytest.fixture(scope="module")
def site(made, redis_server, static_files, tmp_path_factory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("under_a_path")
    site = Site(made[0], folder, redis_server, static_files)
    site.settings = {"FORCE_SCRIPT_NAME": f"{PREFIX}/"}
    site.start()
    site.wait()
    yield site
    site.stop()


@pytest.fixture(params=[False, True], ids=["keeps", "strips"])
def proxy(request, site) -> Iterator[Proxy]:
    """Both kinds of proxies: the path stays in what is asked, or is taken off."""
    with running(Proxy(site.port, PREFIX, strips=request.param)) as proxy:
        yield proxy


@pytest.fixture
def visitor(proxy) -> Visitor:
    """Somebody who came to log in, and did."""
    visitor = Visitor()
    page = f"{proxy.url}{PREFIX}/login/"
    fields = {"username": "ada", "password": PASSWORD}
    answer = visitor.send(page, "", **fields)
    assert answer.url == f"{proxy.url}{PREFIX}/"
    return visitor


def pattern() -> re.Pattern[str]:
    """An address without the path of the proxy, wherever in a text it stands."""
    routes = [
        path for _, ((((path, _), *_), *_), *_) in get_resolver().reverse_dict.lists()
    ]
    words = {path.partition("/")[0] for path in routes}
    names = "|".join(sorted(word for word in words if word.isalpha()))
    return re.compile(rf"(?<![\w:/.-])/(?:{names}|static)/[^\s\"'<]*")


def test_every_page_that_links_lead_to_stays_below_the_path(proxy, visitor, site):
    # Behind both proxies a page makes its links from the same setting.
    walk = Walk(visitor, f"{proxy.url}{PREFIX}/", of_a_path=1 if proxy.strips else 4)
    walk.go()
    assert proxy.outside == []
    bad = {url: a.status for url, a in walk.answers.items() if a.status >= 400}
    assert bad == {}, site.log
    pages = [a for a in walk.answers.values() if a.kind == "text/html"]
    loose = {
        a.url: found for a in pages if (found := pattern().findall(unescape(a.text)))
    }
    # What explains the numbers says in prose where pages are, from the root.
    loose.pop(f"{proxy.url}{PREFIX}/api/docs/metrics/", None)
    assert loose == {}
    routes = {re.sub(r"\d+", "0", urlsplit(a.url).path) for a in walk.answers.values()}
    ours = ("", "runs/", "runs/0/", "cases/0/", "projects/0/", "projects/0/settings/")
    also = ("flaky/", "milestones/0/", "standup/", "sync/", "connect/", "search/")
    assert {f"{PREFIX}/{path}" for path in (*ours, *also, "api/docs/")} <= routes
    kinds = {answer.kind for answer in walk.answers.values()}
    assert {"text/css", "text/javascript", "image/svg+xml", "font/woff2"} <= kinds
    # Without a token of the form each is refused, and none is unknown.
    refused = {url: visitor.open(url, {}).status for url in walk.actions}
    assert len(refused) > 10
    assert set(refused.values()) == {403}
    assert proxy.outside == []


def test_what_a_search_finds_leads_below_the_path(proxy, visitor):
    """No link leads to it: people type what they look for."""
    found = visitor.open(f"{proxy.url}{PREFIX}/search/?q=a").text
    assert f'href="{PREFIX}/cases/?q=a"' in found
    assert pattern().findall(unescape(found)) == []


def test_addresses_of_the_api_stay_below_the_path(proxy, visitor):
    for name in (*LISTS, *(f"metrics/{metric}" for metric in METRICS)):
        path = f"{proxy.url}{PREFIX}/api/v1/{name}/"
        query = "?limit=1" if name in LISTS else ""
        answer = visitor.open(path + query)
        assert answer.status == 200, (name, answer.text)
        found = set(addresses_in(json.loads(answer.text)))
        assert found, name
        assert all(url.startswith(f"{proxy.url}{PREFIX}/") for url in found), found
        assert {visitor.open(url).status for url in found} == {200}
    assert proxy.outside == []


def addresses_in(value: Any) -> Iterator[str]:
    """What leads to us: not the pages of tools, and not what tools said."""
    if isinstance(value, dict):
        for name, one in value.items():
            if name in ("url", "next", "previous", "explain") and isinstance(one, str):
                yield one
            else:
                yield from addresses_in(one)
    elif isinstance(value, list):
        for one in value:
            yield from addresses_in(one)


def test_a_stream_is_sent_with_addresses_below_the_path(proxy, visitor):
    answer = visitor.open(f"{proxy.url}{PREFIX}/api/v1/runs/?format=ndjson")
    urls = [json.loads(line)["url"] for line in answer.text.splitlines()]
    assert urls
    assert all(url.startswith(f"{proxy.url}{PREFIX}/runs/") for url in urls)


def test_the_description_of_the_api_names_the_path_once(proxy, visitor):
    schema = json.loads(
        visitor.open(f"{proxy.url}{PREFIX}/api/v1/schema/?format=json").text
    )
    assert schema["servers"] == [{"url": f"{proxy.url}{PREFIX}"}]
    assert all(path.startswith("/api/v1/") for path in schema["paths"])
    (sample, _) = schema["paths"]["/api/v1/runs/"]["get"]["x-codeSamples"]
    assert f"{proxy.url}{PREFIX}/api/v1/runs/" in sample["source"]


def test_the_markdown_of_a_stand_up_leads_below_the_path(proxy, visitor):
    answer = visitor.open(f"{proxy.url}{PREFIX}/standup/?format=md&window=7d")
    links = re.findall(r"\]\(([^\s)]+)\)", answer.text)
    links.append(answer.text.split()[-1])
    assert len(links) > 2
    assert all(link.startswith(f"{proxy.url}{PREFIX}/") for link in links), links
    assert {link: s for link in links if (s := visitor.open(link).status) != 200} == {}


def test_every_cookie_is_for_the_path_alone(proxy, visitor, made):
    root = f"{proxy.url}{PREFIX}"
    page, action = (
        f"{root}/cases/{made[1].case.pk}/",
        f"{PREFIX}/cases/{made[1].case.pk}/note/",
    )
    visitor.open(f"{root}/theme/?to=dark&next={PREFIX}/runs/")
    kept = visitor.send(page, action, owner="ada")
    assert (kept.status, kept.url) == (200, page)
    paths = {cookie.name: cookie.path for cookie in visitor.cookies}
    assert {"theme", "sessionid", "csrftoken"} < paths.keys()
    assert set(paths.values()) == {f"{PREFIX}/"}


def test_after_the_log_in_people_are_where_they_wanted_to_be(proxy):
    visitor, wanted = Visitor(), f"{proxy.url}{PREFIX}/connect/?vendor=testmo"
    asked = visitor.open(wanted)
    way_back = quote(f"{PREFIX}/connect/?vendor=testmo", safe="/")
    assert asked.url == f"{proxy.url}{PREFIX}/login/?next={way_back}"
    fields = {"username": "ada", "password": PASSWORD}
    assert visitor.send(asked.url, "", **fields).url == wanted
    assert proxy.outside == []


@pytest.mark.parametrize(
    "page", ["/other/", f"{PREFIX}/../other/", f"{PREFIX}/%2e%2e/other/"]
)
def test_no_way_back_leads_to_another_program_of_the_host(proxy, page):
    visitor, root = Visitor(), f"{proxy.url}{PREFIX}/"
    log_in = f"{root}login/?next={quote(page)}"
    fields = {"username": "ada", "password": PASSWORD}
    assert visitor.send(log_in, "", **fields).url == root
    assert visitor.open(f"{root}theme/?to=dark&next={quote(page)}").url == root
    assert proxy.outside == []


def test_health_is_told_with_the_path_and_without(site):
    visitor = Visitor()
    for path in ("/healthz", f"{PREFIX}/healthz"):
        assert visitor.open(f"{site.url}{path}").status == 200


def test_no_caller_names_another_path(site):
    """A server between could pass on such a header; our addresses do not follow it."""
    page = Visitor().open(
        f"{site.url}{PREFIX}/login/", SCRIPT_NAME="/evil", Script_Name="/evil"
    )
    assert page.status == 200
    assert "/evil" not in page.text


@pytest.mark.django_db
def test_the_link_of_the_first_user_has_the_path(settings, tmp_path):
    settings.DATA_DIR, settings.FORCE_SCRIPT_NAME = tmp_path, PREFIX
    link = first_user.setup_link("localhost", 8000)
    assert link.startswith(f"http://localhost:8000{address('setup')}?token=")
