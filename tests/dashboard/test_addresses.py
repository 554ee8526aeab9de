"""Addresses come from the routes, below the path that a proxy serves Passline under."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.urls import get_resolver, reverse

from dashboard import environment
from dashboard.addresses import address, is_ours, of_each, with_query
from tests.services import ROOT

# What has to be written by hand, and why.
WRITTEN = {
    # The prefix of the API, and its copy in the settings of a library.
    ("dashboard/addresses.py", "/api/v1/"),
    ("dashboard/settings.py", "/api/v1"),
    # A library's hook, which is given routes.
    ("dashboard/api/schema.py", "schema/"),
    # Processes that do not load all pages say and ask these.
    ("dashboard/first_user.py", "setup/?token="),
    ("dashboard/embedded/site.py", "/healthz"),
    # Of a channel's service, not ours.
    (
        "dashboard/digests/channels.py",
        r"/api/(?:v\d+/)?webhooks/(\d{5,25})/([\w-]{10,200})",
    ),
    # How large a body may be is known before any route.
    ("dashboard/long_requests.py", "/api/v1/intake/"),
    (
        "dashboard/long_requests.py",
        r"/intake/|/api/(v1/(projects/\d+/)?automation/|reporter|load)",
    ),
    # Who reads is known before any route, below the path of a proxy.
    ("dashboard/addresses.py", "/s/"),
    ("dashboard/addresses.py", "/healthz"),
    ("dashboard/addresses.py", "/readyz"),
    ("dashboard/addresses.py", "/metrics"),
    ("dashboard/reading/middleware.py", "/intake/"),
    ("dashboard/reading/middleware.py", "intake/"),
    # Whether a program asked has to be told though no page could be made.
    ("dashboard/ui/error_pages.py", "/api/"),
    ("dashboard/ui/error_pages.py", "/intake/"),
    # Parts of paths that are looked at, or put behind a route's own address.
    ("dashboard/pages/shares/visits.py", "/"),
    ("dashboard/sharing/objects.py", "/"),
    ("dashboard/ui/past_links.py", "/"),
    ("dashboard/pages/embeds/page.py", "/revoke/"),
    ("dashboard/pages/embeds/page.py", "preview/"),
    ("dashboard/pages/embeds/serving.py", "embed/"),
}
USE_A_ROUTE = (
    "An address is written by hand. Take it from dashboard.addresses.address() or "
    "dashboard.ui.links, in a template from {% url %}, so that Passline works under the "
    "path of a proxy."
)


@cache
def words_of_routes() -> frozenset[str]:
    """runs, results, api, note, …"""
    found = {
        word
        for _, ((((path, _), *_), *_), *_) in get_resolver().reverse_dict.lists()
        for word in path.split("/")
    }
    return frozenset(w for w in found if re.fullmatch(r"[a-z][a-z0-9-]*", w))


@cache
def address_pattern() -> re.Pattern[str]:
    words = "|".join(sorted(words_of_routes()))
    # Also without a slash in front, as in "metrics/slow/", for whatever puts one there.
    return re.compile(rf"/(?:{words})(?=[/?#]|$)|(?:(?:{words})/)+$")


def addresses_in_python(source: str) -> Iterator[str]:
    """Strings that begin as an address does, and what is put behind one."""
    tree = ast.parse(source)
    told = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield from _made_of_parts(node)
        elif isinstance(node, ast.Constant) and id(node) not in told:
            text = str(node.value)
            yield from [text] if address_pattern().match(text) else []


def _made_of_parts(text: ast.JoinedStr) -> Iterator[str]:
    """The `note/` of f"{own}note/", and the root of f"/{page}/"."""
    if isinstance(text.values[0], ast.Constant) and text.values[0].value == "/":
        yield "/"
    for before, part in zip(text.values, text.values[1:], strict=False):
        if isinstance(before, ast.FormattedValue) and isinstance(part, ast.Constant):
            word, slash, _ = str(part.value).partition("/")
            if slash and word in words_of_routes():
                yield str(part.value)


def python_files() -> list[Path]:
    found = (ROOT / "dashboard").rglob("*.py")
    routes = ("urls.py", "api_urls.py", "page_urls.py")
    # The paths that vendors' clients know are declared where they are answered.
    others = {"migrations", "intake"}
    return [p for p in found if p.name not in routes and others.isdisjoint(p.parts)]


def test_python_takes_every_address_from_its_route():
    found = {
        (str(path.relative_to(ROOT)), text)
        for path in python_files()
        for text in addresses_in_python(path.read_text())
    }
    assert found - WRITTEN == set(), USE_A_ROUTE
    assert WRITTEN - found == set(), "This one is written nowhere: leave it out."


@pytest.mark.parametrize(
    ("folder", "ending"), [("templates", "html"), ("static/js", "js")]
)
def test_templates_and_scripts_take_every_address_from_its_route(folder, ending):
    quoted = re.compile(rf"""["'`=](?:/(?=["'`])|{address_pattern().pattern})""")
    found = {
        (str(path.relative_to(ROOT)), said[0])
        for path in (ROOT / folder).rglob(f"*.{ending}")
        for said in re.finditer(quoted, path.read_text())
        # The key that opens the search.
        if (path.name, said[0]) != ("app.js", '"/')
    }
    assert found == set(), USE_A_ROUTE


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ('href = "/runs/"', "/runs/"),
        ('href = f"/runs/{pk}/"', "/runs/"),
        ('href = f"{site}/sync/?next=1"', "/sync/?next=1"),
        ('action = f"{own}note/"', "note/"),
        ('href = f"/{name}/?{query}"', "/"),
        ('button = export(state, "metrics/slow/")', "metrics/slow/"),
    ],
)
def test_an_address_written_by_hand_is_found(source, text):
    assert set(addresses_in_python(source)) == {text}


def test_an_address_is_that_of_the_route():
    assert address("overview") == reverse("overview") == "/"
    assert address("run", 31) == reverse("run", args=[31])
    assert address("case-note", 2) == reverse("case-note", args=[2])
    assert address("api-results-one", 2**53) == f"/api/v1/results/{2**53}/"


def test_addresses_of_many_are_those_of_each():
    def of(id_: int) -> str:
        # A source may be called like what stands for the id while the address is made.
        pairs = [("source", "case=9000000000009"), ("case", str(id_)), ("final", "1")]
        return with_query("/results/", pairs)

    assert list(map(of_each("case", of), (7, 12_345))) == [of(7), of(12_345)]


def test_an_address_is_below_the_path_of_the_proxy(settings):
    address("run", 31)
    settings.FORCE_SCRIPT_NAME = "/passline"
    assert address("run", 31) == "/passline/runs/31/"
    assert address("overview") == "/passline/"


@pytest.mark.parametrize(
    "page",
    [
        *("/", "/passline", "/passlines/", "/other/", "//passline/", "runs", ""),
        *("/passline/../other/", "/passline/%2e%2E/other/", "/passline/a/.."),
        *("/passline/..\\other/", "https://passline.example/passline/"),
        *("/passline/.\t./other/", "javascript:/passline/"),
    ],
)
def test_no_way_back_leaves_the_path_of_the_proxy(settings, page):
    settings.FORCE_SCRIPT_NAME = "/passline"
    assert not is_ours(page)


@pytest.mark.parametrize(
    "page", ["/passline/", "/passline/runs/?q=../x&window=7d", "/passline/runs/3/#rows"]
)
def test_a_page_below_the_path_of_the_proxy_is_a_way_back(settings, page):
    assert not is_ours(page.replace("/passline/", "//", 1))
    settings.FORCE_SCRIPT_NAME = "/passline"
    assert is_ours(page)


@pytest.mark.parametrize(
    "value", ["/passline", "/passline/", " /passline ", "/a/b.c-d"]
)
def test_the_path_of_the_proxy_is_read(monkeypatch, value):
    monkeypatch.setenv("FORCE_SCRIPT_NAME", value)
    assert environment.script_name("FORCE_SCRIPT_NAME") == value.strip().rstrip("/")


@pytest.mark.parametrize("value", ["", "/"])
def test_without_a_path_the_server_names_none_either(monkeypatch, value):
    monkeypatch.setenv("FORCE_SCRIPT_NAME", value)
    # With None Django would take what the server passes on, which may be a header.
    assert environment.script_name("FORCE_SCRIPT_NAME") == ""


@pytest.mark.parametrize(
    "value",
    [
        *("passline", "https://a.example/passline", "//passline", "/a//b", "/a/../b"),
        *("/..", "/.", "/pass line", "/pa?ss", "/pa#ss", "/p\u00e4ss", "/a;path=/"),
    ],
)
def test_what_is_no_path_of_a_proxy_is_refused(monkeypatch, value):
    monkeypatch.setenv("FORCE_SCRIPT_NAME", value)
    with pytest.raises(ImproperlyConfigured, match="FORCE_SCRIPT_NAME"):
        environment.script_name("FORCE_SCRIPT_NAME")
