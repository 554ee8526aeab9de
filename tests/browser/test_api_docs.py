"""The API's reference in a browser, and its examples against a site that runs."""

from __future__ import annotations

import ast
import json
import os
import shlex
import subprocess
import sys
import urllib.request
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.geometry import leaving
from tests.browser.sites import Site
from tests.browser.visits import THEMES, complaints, new_context, settle
from tests.services import ROOT

FLAKY = "/api/docs/#tag/metrics/GET/api/v1/metrics/flaky/"


@pytest.fixture
def asked(own_page: Page) -> list[str]:
    """Addresses that the page asks for, whether they answer or not."""
    addresses: list[str] = []
    own_page.on("request", lambda request: addresses.append(request.url))
    return addresses


def shown(page: Page, address: str = "/api/docs/") -> None:
    page.goto(address)
    settle(page)
    expect(page.get_by_role("heading", name="Passline API")).to_be_attached()


def foreign(addresses: list[str], site: Site) -> list[str]:
    return [a for a in addresses if not a.startswith((site.url, "data:", "blob:"))]


def background(page: Page) -> str:
    return str(page.evaluate("getComputedStyle(document.body).backgroundColor"))


@pytest.mark.parametrize(
    ("theme", "width", "later"), [("light", 390, 1440), ("dark", 1440, 390)]
)
def test_the_reference_is_drawn_without_a_complaint_or_anybody_else(
    own_page, sites, asked, theme, width, later
):
    own_page.emulate_media(color_scheme=theme)
    own_page.set_viewport_size({"width": width, "height": 900})
    with complaints(own_page) as heard:
        shown(own_page, FLAKY)
        flaky = own_page.get_by_role("heading", name="List flaky cases")
        expect(flaky).to_be_visible()
        own_page.wait_for_load_state("networkidle")
        assert leaving(own_page, width) == []
        own_page.set_viewport_size({"width": later, "height": 900})
        settle(own_page)
        assert leaving(own_page, later) == []
    assert heard == []
    assert any(address.endswith("/api/v1/schema/") for address in asked)
    assert foreign(asked, sites.full) == []


def test_it_has_the_colours_of_the_system_until_a_theme_is_chosen(own_page, sites):
    colours = []
    for theme in (*THEMES, THEMES[0]):
        own_page.emulate_media(color_scheme=theme)
        shown(own_page)
        colours.append(background(own_page))
    light, dark, again = colours
    assert light == again != dark
    # As it is followed everywhere else, without a new visit.
    own_page.emulate_media(color_scheme="dark")
    expect(own_page.locator("body")).to_have_css("background-color", dark)
    for chosen, other, colour in (("light", "dark", light), ("dark", "light", dark)):
        own_page.emulate_media(color_scheme=other)
        cookie = {"name": "theme", "value": chosen, "url": sites.full.url}
        own_page.context.add_cookies([cookie])
        shown(own_page)
        assert background(own_page) == colour


def test_its_parts_can_be_used_without_anybody_else(own_page, sites, asked):
    with complaints(own_page) as heard:
        shown(own_page, FLAKY)
        flaky = own_page.locator('[id$="GET/api/v1/metrics/flaky/"]')
        expect(flaky).to_contain_text("curl 'http://127.0.0.1")
        flaky.get_by_role("button", name="Change code sample language").click()
        offered = own_page.get_by_role("option")
        assert offered.all_inner_texts() == ["curl", "Python"]
        offered.last.click()
        expect(flaky).to_contain_text("response = requests.get(")
        flaky.get_by_role("button", name="Auth Required").click()
        own_page.keyboard.press("Escape")
        own_page.keyboard.press("Control+k")
        own_page.keyboard.type("list reconciliation")
        expect(own_page.get_by_role("option").first).to_contain_text("reconciliation")
        own_page.wait_for_load_state("networkidle")
    assert heard == []
    assert foreign(asked, sites.full) == []
    # What would send a request, ask an assistant or sell something is not there.
    text = own_page.locator("body").inner_text()
    for words in ("Test Request", "API Client", "Ask AI", "MCP", "Deploy", "Share"):
        assert words not in text


def test_without_scripts_it_leads_to_the_schema(browser, sites):
    context = new_context(browser, sites.full, java_script_enabled=False)
    page = context.new_page()
    page.goto("/api/docs/")
    link = page.get_by_role("link", name="the OpenAPI description")
    expect(link).to_be_visible()
    assert link.get_attribute("href") == "/api/v1/schema/"
    context.close()


# --- The examples ---------------------------------------------------------------

READ = ("runs/", "projects/{id}/", "metrics/flaky/", "metrics/standup/", "runs/{id}/")


@pytest.fixture(scope="module")
def token(sites) -> str:
    """One that may only read, made as a person makes it."""
    made = subprocess.run(
        [sys.executable, "manage.py", "api_token", "create", "mara"],
        cwd=ROOT,
        env=sites.worked.environment(),
        capture_output=True,
        check=True,
        text=True,
    )
    return made.stdout.strip()


@pytest.fixture(scope="module")
def examples(sites) -> dict[str, dict[str, str]]:
    """What the site says, by path under /api/v1/ and label; ids are those it has."""
    with urllib.request.urlopen(f"{sites.worked.url}/api/v1/schema/") as answer:
        paths = json.load(answer)["paths"]
    ids = {"projects/{id}/": sites.found.project, "runs/{id}/": sites.found.run}
    return {
        name: {
            one["label"]: one["source"].replace("/1/", f"/{ids.get(name)}/")
            for one in paths[f"/api/v1/{name}"]["get"]["x-codeSamples"]
        }
        for name in READ
    }


def run_python(source: str, token: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", source],
        env={**os.environ, "PASSLINE_TOKEN": token},
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize("name", READ)
def test_the_example_in_python_reads_what_it_says(examples, token, name):
    done = run_python(examples[name]["Python"], token)
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = ast.literal_eval(done.stdout)
    assert answer.keys() & {"results", "id", "meta"}


@pytest.mark.parametrize("name", READ)
def test_the_example_for_curl_reads_what_it_says(examples, token, name):
    words = shlex.split(examples[name]["curl"].replace("\\\n", ""))
    assert words[0] == "curl"
    assert words[2] == "--header"
    header, _, value = words[3].partition(": ")
    headers = {header: value.replace("$PASSLINE_TOKEN", token)}
    with urllib.request.urlopen(urllib.request.Request(words[1], headers=headers)) as a:
        assert a.status == 200
        assert json.load(a).keys() & {"results", "id", "meta"}


def test_an_example_says_when_its_token_is_wrong(examples):
    done = run_python(examples["runs/"]["Python"], "forged")
    assert done.returncode == 1
    assert "401 Client Error" in done.stderr
