"""Two runs side by side: categories, the way there, the way to others."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect


@pytest.fixture
def compare(sites, page: Page) -> Page:
    page.goto(sites.found.addresses["compare"])
    expect(page.locator(".one-run")).to_have_count(2)
    return page


def test_a_tab_opens_its_list_in_place(compare):
    tab = compare.locator(".tabs div", has_text="Still passing")
    tab.locator("a").click()
    compare.wait_for_url("**change=still_passing**")
    expect(compare.locator("#rows h2")).to_have_text("Still passing")
    expect(tab).to_have_class("now")
    expect(compare.locator("#rows tbody tr").first).to_be_visible()


def test_base_and_head_change_places_and_back(compare):
    names = compare.locator(".one-run a.nm")
    before = names.all_inner_texts()
    compare.get_by_role("link", name="Swap base and head").click()
    expect(names.first).to_have_text(before[1])
    expect(names.last).to_have_text(before[0])


def test_other_runs_are_chosen_by_keyboard(compare):
    compare.get_by_text("Compare other runs").focus()
    compare.keyboard.press("Enter")
    base = compare.get_by_label("Base", exact=True).locator("visible=true").last
    other = base.locator("option").nth(3)
    number = other.get_attribute("value")
    base.select_option(number)
    compare.get_by_role("button", name="Compare").click()
    compare.wait_for_url(f"**base={number}**")
    expect(compare.locator(".one-run")).to_have_count(2)


def test_a_run_leads_to_its_comparison(sites, page):
    page.goto(sites.found.addresses["run"])
    page.get_by_role("link", name="Compare side by side").click()
    page.wait_for_url("**/compare/?base=**")
    expect(page.locator(".verdict")).to_be_visible()


def test_two_runs_are_chosen_from_recent_ones(sites, page):
    page.goto("/compare/")
    page.get_by_label("Head").select_option(str(sites.found.run))
    page.get_by_role("button", name="Compare").click()
    page.wait_for_url("**head=**")
    expect(page.locator(".one-run")).to_have_count(2)
