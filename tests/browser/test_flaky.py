"""The table of flaky tests as a person uses it: conditions, order, export, panel."""

from __future__ import annotations

import csv
import re

import pytest
from playwright.sync_api import Page, expect

ROWS = "#rows tr[data-row]"


@pytest.fixture
def flaky(page: Page) -> Page:
    page.goto("/flaky/?window=90d")
    expect(page.locator(ROWS)).not_to_have_count(0)
    return page


def count_of(page: Page) -> int:
    return int(page.locator("#export [data-count]").inner_text().replace(",", ""))


def test_a_search_narrows_the_table_and_its_export(flaky):
    whole = count_of(flaky)
    name = flaky.locator(f"{ROWS} a.nm").first.inner_text()
    flaky.get_by_role("searchbox", name="Test name or message").fill(name)
    flaky.wait_for_url("**find=**")
    expect(flaky.locator(f"{ROWS} a.nm").first).to_have_text(name)
    assert 1 <= count_of(flaky) < whole
    expect(flaky.locator("#export")).to_have_attribute("href", re.compile("find="))
    expect(flaky.locator(".seg [aria-current]", has_text="All")).to_have_text(
        f"All {count_of(flaky)}"
    )


def test_a_state_a_rate_and_an_order_are_kept_in_the_address(flaky):
    flaky.get_by_role("link", name=re.compile("^New this week")).click()
    flaky.wait_for_url("**state=new**")
    flaky.locator("#pick-min_rate summary").click()
    flaky.get_by_role("link", name="2 and up", exact=True).click()
    flaky.wait_for_url("**min_rate=0.02**")
    flaky.reload()
    expect(flaky.locator(".chip-box.on #pick-min_rate")).to_contain_text("2 and up")
    flaky.get_by_role("link", name="Clear Score").click()
    flaky.wait_for_url(lambda address: "min_rate" not in address)
    flaky.get_by_role("link", name="Lost", exact=True).click()
    flaky.wait_for_url("**sort=-lost**state=new**")
    expect(flaky.locator("th[aria-sort=descending]")).to_have_text(re.compile("Lost"))


def test_the_export_has_as_many_rows_as_the_button_says(flaky):
    expected = count_of(flaky)
    answer = flaky.request.get(flaky.locator("#export").get_attribute("href"))
    assert len(list(csv.DictReader(answer.text().splitlines()))) == expected


def test_the_other_rules_load_after_the_page(flaky):
    panel = flaky.locator("#other-rules")
    expect(panel.locator("dt")).to_have_count(9)
    expect(panel).to_contain_text("re-implementations")
    assert "view=" not in flaky.url


def test_a_message_and_a_row_lead_to_where_they_say(flaky):
    href = flaky.locator(f"{ROWS} a.nm").first.get_attribute("href")
    flaky.locator(f"{ROWS} td.num").first.click()
    flaky.wait_for_url(f"**{href}")
