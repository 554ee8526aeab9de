"""The page of failures: messages that open, copy, narrow, and lead to their rows."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

ROWS = "#rows tbody tr"


@pytest.fixture
def failures(sites, page: Page) -> Page:
    page.goto(sites.found.addresses["failures"])
    expect(page.locator(ROWS).first).to_be_visible()
    return page


def test_a_long_message_opens_in_its_row_and_is_copied_whole(failures):
    failures.context.grant_permissions(["clipboard-read", "clipboard-write"])
    long = failures.locator("details.said").first
    shown = long.locator(".snip").text_content()
    long.locator("summary").click()
    whole = long.locator("pre")
    expect(whole).to_be_visible()
    expect(long.locator(".snip")).to_be_hidden()
    assert whole.text_content() == shown
    long.get_by_role("button", name="Copy message").click()
    expect(failures.get_by_role("status")).to_contain_text("Message copied")
    assert failures.evaluate("navigator.clipboard.readText()") == shown
    assert "/failures/" in failures.url


def test_the_search_narrows_the_messages_and_keeps_the_focus(failures):
    before = failures.locator(".verdict").inner_text()
    failures.locator("#search-message").fill("timeout")
    failures.wait_for_url("**message=timeout**")
    expect(failures.locator(ROWS).first).to_contain_text(re.compile("timeout", re.I))
    expect(failures.locator("#search-message")).to_be_focused()
    assert failures.locator(".verdict").inner_text() == before


def test_a_click_on_a_head_orders_and_is_kept_in_the_address(failures):
    failures.get_by_role("link", name="Results").click()
    failures.wait_for_url("**sort=-results**")
    numbers = failures.locator(f"{ROWS} [data-metric=results]").all()
    values = [int(number.get_attribute("data-value")) for number in numbers]
    assert values == sorted(values, reverse=True)
    failures.reload()
    head = failures.locator("th", has_text="Results")
    expect(head).to_have_attribute("aria-sort", "descending")


def test_the_keyboard_walks_the_messages_and_opens_their_results(failures):
    failures.keyboard.press("j")
    expect(failures.locator("tr.is-focus a.nm")).to_be_focused()
    failures.keyboard.press("Enter")
    failures.wait_for_url("**/results/**signature=**")
    expect(failures.locator("#rows")).to_contain_text("One message")
