"""A browser, sites on real data, and the artifacts that a run leaves."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import Browser, Error, Page, sync_playwright

from tests import sharing
from tests.browser import chromium, tools
from tests.browser.pages import Found, found_pages
from tests.browser.sites import Site
from tests.browser.visits import ARTIFACTS, DESKTOP, Visitor, new_context
from tests.databases import create_database, drop_databases, using_database
from tests.services import ROOT

HERE = Path(__file__).parent
PERSON, PASSWORD = "mara", "a long word of mara"
# Several test processes may share one server.
OWN = "passline_browser" + os.environ.get("PYTEST_XDIST_WORKER", "")
EMPTY, FULL, WORKED_ON = (f"{OWN}_{name}" for name in ("empty", "full", "worked"))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Browser tests come together; without a browser they are not chosen.

    Each time that other tests come between, the browser is started anew. They are the
    last ones, or the first ones where processes share the tests.
    """
    ours = [item for item in items if item.path.is_relative_to(HERE)]
    items[:] = [item for item in items if not item.path.is_relative_to(HERE)]
    if chromium.program():
        items += ours
        sharing.order(items)
    elif ours:
        config.hook.pytest_deselected(items=ours)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: Any) -> Any:
    """A picture of every page that is open when a test fails."""
    report = yield
    folder, name = ARTIFACTS / "failed", re.sub(r"[^\w-]+", "-", item.name)
    if report.when == "setup":
        for of_earlier_run in folder.glob(f"{name}-[0-9].png"):
            of_earlier_run.unlink()
    if report.when == "call" and report.failed:
        folder.mkdir(parents=True, exist_ok=True)
        used = getattr(item, "funcargs", {}).values()
        # A tab and what a test calls it are one page.
        pages = dict.fromkeys(value for value in used if isinstance(value, Page))
        for number, page in enumerate(pages, 1):
            # A browser that hangs must not end all tests beside the one that failed.
            with suppress(Error):
                page.screenshot(path=folder / f"{name}-{number}.png")
    return report


@dataclass
class Sites:
    """`full` and `empty` are only looked at; tests that change something take `worked`."""

    full: Site
    empty: Site
    worked: Site
    found: Found
    tools: dict[str, tools.Tool]


@pytest.fixture(scope="package")
def sites(
    empty_database: str,
    django_db_blocker: Any,
    redis_server: str,
    static_files: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Sites]:
    """Three sites; the tools are read once, over HTTP."""

    def site(number: int, database: str, cookie: str) -> Site:
        folder = tmp_path_factory.mktemp(database)
        redis_url = re.sub(r"\d+$", str(number), redis_server)
        return Site(database, folder, redis_url, static_files, cookie)

    with tools.served() as served:
        with django_db_blocker.unblock():
            found, cookie = _prepare(served, empty_database)
        made = Sites(
            full=site(1, FULL, cookie),
            empty=site(2, EMPTY, ""),
            worked=site(3, WORKED_ON, cookie),
            found=found,
            tools=served,
        )
        (made.empty.folder / "setup_token").write_text("a-token-for-the-first-user")
        all_sites = (made.full, made.empty, made.worked)
        for one in all_sites:
            one.start(with_worker=one is made.worked)
        for one in all_sites:
            one.wait()
        yield made
        for one in all_sites:
            one.ask_to_stop()
        for one in all_sites:
            one.stop()
    with django_db_blocker.unblock():
        drop_databases([EMPTY, FULL, WORKED_ON])


def _prepare(served: dict[str, tools.Tool], empty: str) -> tuple[Found, str]:
    create_database(EMPTY, template=empty)
    create_database(FULL, template=empty)
    with using_database(FULL):
        # Of the pages that change something some are for administrators alone.
        person = User.objects.create_superuser(PERSON, password=PASSWORD)
        tools.fill(served)
        client = Client()
        client.force_login(person)
        cookie = client.cookies["sessionid"].value
        found = found_pages()
    create_database(WORKED_ON, template=FULL)
    return found, cookie


@pytest.fixture(scope="package")
def browser(sites: Sites) -> Iterator[Browser]:
    """Closed before any other test runs: as long as it is open Playwright's loop runs
    in this thread, and Django refuses its database to a thread that has one.
    """
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium.program(), args=chromium.FLAGS
        )
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def visitor(browser: Browser, sites: Sites) -> Iterator[Visitor]:
    """Visits each page once, and remembers what was to be seen."""
    axe = ROOT / "node_modules" / "axe-core" / "axe.min.js"
    assert axe.is_file(), "axe-core is missing; run npm ci, or make test"
    visitor = Visitor(browser, sites.full, sites.empty, axe.read_text())
    yield visitor
    visitor.close()


@pytest.fixture(scope="package")
def tab(browser: Browser, sites: Sites) -> Iterator[Page]:
    context = new_context(browser, sites.full)
    yield context.new_page()
    context.close()


@pytest.fixture
def page(tab: Page) -> Page:
    """Somebody who is logged in to the site that is only looked at.

    All tests use one tab, because a new one costs more than most of them.
    """
    return as_new(tab)


@pytest.fixture
def own_page(browser: Browser, sites: Sites) -> Iterator[Page]:
    """The same in a tab of its own, for tests that bend its clock."""
    context = new_context(browser, sites.full)
    yield context.new_page()
    context.close()


@pytest.fixture(scope="package")
def working_tab(browser: Browser, sites: Sites) -> Iterator[Page]:
    context = new_context(browser, sites.worked)
    yield context.new_page()
    context.close()


@pytest.fixture
def working_page(working_tab: Page) -> Page:
    """Somebody who is logged in to the site in which tests change things."""
    return as_new(working_tab)


def as_new(tab: Page) -> Page:
    # What one test holds back would never reach the next one.
    tab.unroute_all(behavior="ignoreErrors")
    tab.goto("about:blank")
    tab.context.clear_cookies(name="theme")
    tab.set_viewport_size(DESKTOP)
    tab.emulate_media(media="screen", color_scheme="light")
    return tab
