"""Milestones as a person uses them: the chart, the doors, joining and splitting."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

PHONE = {"width": 390, "height": 844}


@pytest.fixture
def milestone(page: Page, sites) -> Page:
    page.goto(sites.found.addresses["milestone"])
    return page


def test_the_burn_up_is_read_out_day_by_day(milestone):
    chart = milestone.locator("#plot-burn-up")
    expect(chart.locator(".main-svg").first).to_be_visible()
    readout = milestone.locator("#readout-burn-up")
    expect(readout.locator("[data-k=passed]")).to_have_text("")
    chart.focus()
    milestone.keyboard.press("Home")
    expect(readout.locator("[data-k=d]")).not_to_have_text("")
    expect(readout.locator("[data-k=passed]")).to_have_text(re.compile(r"^[\d,]+$"))
    first = readout.locator("[data-k=d]").inner_text()
    milestone.keyboard.press("End")
    expect(readout.locator("[data-k=d]")).not_to_have_text(first)
    last = readout.locator("[data-k=scope]").inner_text()
    assert last == milestone.locator("[data-metric=scope]").first.inner_text()


def test_the_chart_is_there_as_a_table_too(milestone):
    table = milestone.get_by_role("region", name="Burn-up, the rows")
    expect(table).to_be_hidden()
    milestone.get_by_text("View as table").click()
    expect(table.get_by_role("row").nth(1)).to_be_visible()


def test_what_is_left_opens_as_its_tests_and_narrows_by_status(milestone):
    left = milestone.locator("#left [data-metric=left]").first
    expected = left.inner_text()
    left.click()
    milestone.wait_for_url("**/cases/**view=scope**")
    expect(milestone.locator("[data-count]")).to_have_text(expected)
    milestone.get_by_role("link", name="Passed", exact=True).click()
    milestone.wait_for_url("**status=passed**")
    expect(milestone.locator("[data-count]")).not_to_have_text(expected)


def test_the_list_keeps_its_order_and_state_in_the_address(page):
    page.goto("/milestones/")
    page.get_by_role("link", name="Completed", exact=True).click()
    page.wait_for_url("**status=completed**")
    pills = page.locator("#rows .pill")
    expect(pills.first).to_be_visible()
    assert set(pills.all_inner_texts()) <= {"Completed", "Done"}
    page.get_by_role("link", name="Due", exact=True).click()
    page.wait_for_url("**status=completed&sort=**")


def test_a_telephone_shows_the_verdict_first_and_no_sideways_scroll(milestone):
    milestone.set_viewport_size(PHONE)
    milestone.reload()
    risk = milestone.locator(".risk").bounding_box()
    progress = milestone.locator(".progress-card").bounding_box()
    assert risk["y"] < progress["y"]
    width = milestone.evaluate("document.documentElement.scrollWidth")
    assert width <= PHONE["width"]


def test_a_person_joins_two_milestones_and_splits_them_again(working_page, sites):
    page = working_page
    page.goto(sites.found.addresses["milestone"])
    title = page.get_by_role("heading", level=1).inner_text()
    page.locator("#parts .folded > summary").click()
    choice = page.get_by_label(re.compile("^Join another milestone"))
    name = choice.locator("option").nth(1).inner_text()
    choice.select_option(index=1)
    page.get_by_role("button", name="Join", exact=True).click()
    expect(page.locator("#toasts")).to_contain_text(f"{name} is part of {title} now.")
    page.locator("#parts .folded > summary").click()
    part = page.locator("#parts li", has_text="placed by mara").first
    part.get_by_role("button", name="Split off").click()
    expect(page.locator("#toasts")).to_contain_text("is a milestone of its own now.")
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
