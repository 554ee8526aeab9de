"""The page of one project as a person uses it, and what is set for the project."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

RECENT = "#runs tbody tr"


@pytest.fixture
def project(page: Page, sites) -> Page:
    page.goto(sites.found.addresses["project"])
    return page


def test_recent_runs_are_switched_in_place_and_kept_in_the_address(project):
    total = project.locator(RECENT).count()
    assert total > 0
    project.locator("#runs .seg").get_by_role("link", name="Failed").click()
    project.wait_for_url("**runs=failed**")
    expect(project.locator("#runs .seg [aria-current]")).to_contain_text("Failed")
    glyphs = project.locator(f'{RECENT} td.a svg[aria-label="failed"]')
    expect(glyphs).to_have_count(project.locator(RECENT).count())
    project.reload()
    expect(project.locator("#runs .seg [aria-current]")).to_contain_text("Failed")
    project.go_back()
    expect(project.locator("#runs .seg [aria-current]")).to_have_text("All")


def test_a_change_against_the_run_before_opens_these_results(project):
    change = project.locator(f"{RECENT} .changes a").first
    said = int(re.search(r"\d+", change.inner_text())[0])
    change.click()
    project.wait_for_url("**change=**")
    expect(project.locator("#results tbody tr")).to_have_count(min(said, 50))


def test_the_three_lists_lead_to_tests_and_to_the_whole_lists(project):
    cards = project.locator(".three > section")
    expect(cards).to_have_count(3)
    expect(cards.nth(0).locator(".card-h h2")).to_have_text("Most flaky")
    name = cards.nth(1).locator("a.nm").first
    text = name.inner_text()
    name.click()
    project.wait_for_url("**/cases/**")
    expect(project.locator("h1")).to_contain_text(text[:20])


def test_a_default_branch_is_chosen_and_stands_in_the_filter_bar(
    sites, working_page: Page
):
    page = working_page
    page.goto(sites.found.addresses["project"])
    page.get_by_role("link", name="Settings", exact=True).click()
    page.wait_for_url("**/settings/")
    options = page.locator("#branch option")
    branch = options.nth(1).get_attribute("value")
    page.locator("#branch").select_option(branch)
    page.locator("#default-branch").get_by_role("button", name="Save").click()
    expect(page.locator("#default-branch .sub")).to_contain_text("by mara")
    page.goto(sites.found.addresses["project"])
    expect(page.locator("#chip-branch")).to_contain_text(branch)
    page.locator("#chip-branch").click()
    page.locator("#pick-branch .ways").get_by_role("link", name="All branches").click()
    page.wait_for_url("**default_branch=0**")
    expect(page.locator("#chip-branch")).to_contain_text("All branches")
    page.locator('.clear[aria-label="Clear Branch"]').click()
    expect(page.locator("#chip-branch")).to_contain_text(branch)
    page.goto(f"{sites.found.addresses['project']}settings/")
    page.locator("#branch").select_option("")
    page.locator("#default-branch").get_by_role("button", name="Save").click()
    expect(page.locator("#toasts")).to_contain_text("of all branches")
