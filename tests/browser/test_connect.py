"""Connecting a tool from choosing it to its first import, with and without scripts."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.visits import new_context

WRONG = "testably_of_somebody_else_0000"


@pytest.fixture
def plain_page(browser, sites) -> Iterator[Page]:
    """A person without scripts, in the site in which tests change things."""
    context = new_context(browser, sites.worked, java_script_enabled=False)
    yield context.new_page()
    context.close()


def connection(page: Page, name: str) -> Locator:
    """The link to its settings, in the table of connections."""
    return page.locator("#connections").get_by_role("link", name=name, exact=True)


def test_a_tool_is_connected_from_its_card_to_its_first_import(sites, working_page):
    page, tool = working_page, sites.tools["testably"]
    page.goto("/connect/")
    page.locator(".tcard").filter(has_text="Testably").click()
    page.wait_for_url("**vendor=testably**")
    start = page.get_by_role("button", name="Start import")
    expect(start).to_be_disabled()
    page.get_by_label("Address").fill(tool.base_url)
    page.locator("#f-token").fill(WRONG)
    page.locator("#test").click()
    refused = "Testably refused the credentials (401)."
    expect(page.get_by_text(refused).first).to_be_visible()
    expect(page.locator("#check")).to_contain_text("refused")
    expect(start).to_be_disabled()
    assert WRONG not in page.content()
    page.locator("#f-token").fill(tool.simulator.secrets["token"])
    page.locator("#test").click()
    expect(page.locator("#check")).to_contain_text("Projects found")
    expect(start).to_be_enabled()
    assert page.get_by_text(refused).count() == 0
    start.click()
    page.wait_for_url("**/sync/")
    expect(page.locator("#toasts")).to_contain_text("Testably 2 is connected.")
    expect(connection(page, "Testably 2")).to_be_visible()


def test_while_a_test_runs_nothing_is_said_of_the_one_before(sites, working_page):
    page, tool = working_page, sites.tools["testomatio"]
    # A tool of its own: what passed the test may be started from then on.
    page.goto("/connect/?vendor=testomatio")
    page.get_by_label("Address").fill(tool.base_url)
    page.locator("#f-token").fill(WRONG)
    page.locator("#test").click()
    check, refused = page.locator("#check"), page.get_by_text("refused the credentials")
    expect(check.get_by_text("Does not work")).to_be_visible()
    expect(refused.first).to_be_visible()
    expect(check.get_by_text("Testing now")).to_be_hidden()
    held = []
    page.route("**/connect/**", lambda route: held.append(route))
    page.locator("#f-token").fill(tool.simulator.secrets["token"])
    page.locator("#test").click()
    expect(check.get_by_text("Testing now")).to_be_visible()
    expect(check.get_by_text("Does not work")).to_be_hidden()
    assert not any(said.is_visible() for said in refused.all())
    held[0].continue_()
    expect(check.get_by_text("Works")).to_be_visible()
    expect(check.get_by_text("Testing now")).to_be_hidden()


def test_a_tool_is_connected_without_scripts(sites, plain_page):
    page, tool = plain_page, sites.tools["testmo"]
    page.goto("/connect/")
    page.locator(".tcard").filter(has_text="Testmo").click()
    page.get_by_role("button", name="Choose this tool").click()
    page.get_by_label("Address").fill(tool.base_url)
    page.locator("#f-token").fill(WRONG)
    page.locator("#test").click()
    expect(
        page.get_by_text("Testmo refused the credentials (401).").first
    ).to_be_visible()
    page.locator("#f-token").fill(tool.simulator.secrets["token"])
    page.locator("#test").click()
    for name in ("Harbour Shop", "Ferry Booking"):
        page.get_by_role("checkbox", name=name).uncheck()
    page.get_by_role("button", name="Start import").click()
    page.wait_for_url("**/sync/")
    expect(page.locator("#toasts")).to_contain_text("Testmo 2 is connected.")


def test_the_key_is_shown_only_while_somebody_asks_for_it(sites, page):
    page.goto("/connect/?vendor=testably")
    field = page.locator("#f-token")
    field.fill("a-key-to-look-at")
    assert field.get_attribute("type") == "password"
    button = page.get_by_role("button", name="Show")
    button.click()
    assert field.get_attribute("type") == "text"
    assert button.get_attribute("aria-pressed") == "true"
    button.click()
    assert field.get_attribute("type") == "password"


def test_the_tool_cards_are_one_radio_group_for_the_keyboard(page):
    page.goto("/connect/")
    page.locator("#tool-testmo").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_url("**vendor=testomatio**")
    expect(page.locator("#tool-testomatio")).to_be_checked()
    expect(page.locator("#tool-testomatio")).to_be_focused()
    expect(page.get_by_role("heading", name="Testomat.io").first).to_be_visible()


def test_a_connection_is_deleted_only_by_its_name(sites, working_page):
    page = working_page
    page.goto("/sync/")
    connection(page, "QA.tech 2").click()
    page.get_by_label("Type QA.tech 2 to confirm").fill("QA.tech")
    page.get_by_role("button", name="Disconnect QA.tech 2").click()
    expect(page.get_by_text("That is not its name.")).to_be_visible()
    page.get_by_label("Type QA.tech 2 to confirm").fill("QA.tech 2")
    page.get_by_role("button", name="Disconnect QA.tech 2").click()
    page.wait_for_url("**/sync/")
    expect(page.locator("#toasts")).to_contain_text("QA.tech 2 is disconnected")
    expect(connection(page, "QA.tech 2")).to_have_count(0)
