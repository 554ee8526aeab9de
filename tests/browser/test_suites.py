"""The tests of a project by folder: opened and closed by mouse and by keyboard."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.visits import new_context

FOLDERS = "a.fold"
TESTS = "#rows tbody tr"


@pytest.fixture
def suites(sites, page: Page) -> Page:
    page.goto(sites.found.addresses["project-tests"].partition("?")[0])
    expect(page.locator(FOLDERS).first).to_be_visible()
    return page


def test_a_folder_opens_in_its_place_and_closes_again(suites):
    before = suites.locator(FOLDERS).count()
    suites.evaluate("window.same = true")
    first = suites.locator(FOLDERS).first
    key = first.get_attribute("id")
    first.click()
    suites.wait_for_url("**folder=**")
    opened = suites.locator(f"#{key}")
    expect(opened).to_have_attribute("aria-expanded", "true")
    expect(opened).to_have_attribute("aria-current", "true")
    assert suites.locator(FOLDERS).count() > before
    # Nothing but the part was loaded, and whoever uses the keyboard is where they were.
    assert suites.evaluate("window.same") is True
    expect(opened).to_be_focused()
    suites.keyboard.press("Enter")
    expect(suites.locator(f"#{key}")).to_have_attribute("aria-expanded", "false")
    assert suites.locator(FOLDERS).count() == before
    suites.go_back()
    expect(suites.locator(f"#{key}")).to_have_attribute("aria-expanded", "true")


def test_the_tests_are_those_of_the_open_folder(suites):
    first = suites.locator(FOLDERS).first
    name, numbers = first.inner_text(), suites.locator("td [data-metric=cases]")
    number = numbers.first.get_attribute("data-value")
    first.click()
    expect(suites.locator("#rows h2")).to_have_text(name)
    expect(suites.locator("#rows [data-count]")).to_have_text(f"{int(number):,}")


def test_a_search_narrows_both_and_keeps_the_focus(suites):
    suites.locator("#search-q").fill("keyboard")
    suites.wait_for_url("**q=keyboard**")
    expect(suites.locator(TESTS).first).to_contain_text("keyboard")
    expect(suites.locator("#search-q")).to_be_focused()
    found = int(suites.locator("#rows [data-count]").inner_text().replace(",", ""))
    numbers = suites.locator("td [data-metric=cases]").all()
    assert sum(int(n.get_attribute("data-value")) for n in numbers) == found


def test_without_scripts_folders_open_too(browser, sites):
    context = new_context(browser, sites.full, java_script_enabled=False)
    page = context.new_page()
    page.goto(sites.found.addresses["project-tests"].partition("?")[0])
    page.locator(FOLDERS).first.click()
    expect(page.locator(FOLDERS).first).to_have_attribute("aria-expanded", "true")
    context.close()
