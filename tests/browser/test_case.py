"""The page of a test as a person uses it: chart by keys, messages, notes, a mute."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from tests import clock

PLOT = "#plot-executions"


@pytest.fixture
def case(sites, page: Page) -> Page:
    """A test that failed with a message, over a time with enough of its results."""
    page.goto("/results/?status=failed&final=1&window=90d")
    said = page.locator("#rows tbody tr", has=page.locator(".snip:not(:empty)"))
    address = said.locator("a[href*='/cases/']").first.evaluate("link => link.pathname")
    page.goto(f"{address}?window=90d")
    expect(page.locator(f"{PLOT} .points path").first).to_be_attached()
    return page


def test_the_chart_has_a_point_for_each_execution_with_an_outcome(case):
    tile = case.locator(".kpi [data-metric=results]").get_attribute("data-value")
    undrawn = case.locator("#table-executions .state", has_text="un").count()
    assert case.locator(f"{PLOT} .points path").count() == int(tile) - undrawn


def test_arrow_keys_read_executions_out_and_enter_opens_the_result(case):
    said = case.locator("#readout-executions")
    case.focus(PLOT)
    case.keyboard.press("End")
    expect(said).to_have_text(re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d, .+, \w+$"))
    newest = said.inner_text()
    case.keyboard.press("ArrowLeft")
    expect(said).not_to_have_text(newest)
    expect(case.locator(f"{PLOT} .hoverlayer .hovertext")).to_contain_text(
        "open result"
    )
    case.keyboard.press("Enter")
    case.wait_for_url(re.compile(r"/results/\d+/$"))


def test_the_first_message_is_open_and_is_copied_whole(case):
    case.context.grant_permissions(["clipboard-read", "clipboard-write"])
    opened = case.locator("#failures details[open]")
    expect(opened).to_have_count(1)
    whole = opened.locator("pre")
    expect(whole).to_be_visible()
    opened.get_by_role("button", name="Copy message").click()
    expect(case.locator("#toasts")).to_contain_text("Message copied")
    assert case.evaluate("navigator.clipboard.readText()") == whole.text_content()


def test_the_table_beside_the_chart_has_the_same_executions(case):
    tile = case.locator(".kpi [data-metric=results]").get_attribute("data-value")
    case.locator("#chart-executions .as-table summary").click()
    rows = case.locator("#table-executions tbody tr")
    expect(rows.first).to_be_visible()
    assert rows.count() == min(int(tile), 100)


def test_another_time_range_swaps_the_page_and_draws_anew(case):
    tile = case.locator(".kpi [data-metric=results]")
    before = int(tile.get_attribute("data-value"))
    week = case.get_by_role("link", name="7d", exact=True)
    week.click()
    case.wait_for_url("**window=7d**")
    # The address changes before the page does.
    expect(week).to_have_attribute("aria-current", "true")
    expect(case.locator(f"{PLOT} .points path").first).to_be_attached()
    assert 0 < int(tile.get_attribute("data-value")) < before


def test_a_phone_shows_the_last_sixty(case):
    before = case.viewport_size
    case.set_viewport_size({"width": 390, "height": 800})
    try:
        strips = case.locator("#chart-executions .last > div > .strip")
        expect(strips.nth(0)).to_be_hidden()
        expect(strips.nth(1)).to_be_visible()
        slots = strips.nth(1).locator("rect[y='25'], a").count()
        assert slots == 60
    finally:
        case.set_viewport_size(before)


def test_a_person_writes_a_note_and_mutes_a_test(sites, working_page):
    page = working_page
    page.goto(sites.found.addresses["case"])
    page.locator("summary.btn", has_text="Name an owner").click()
    page.get_by_label("Issue link").fill("javascript:alert(1)")
    page.get_by_label("Owner").fill("Ada")
    page.get_by_role("button", name="Keep note").click()
    expect(page.locator("#remarks .problem")).to_contain_text("http://")
    page.get_by_label("Issue link").fill("https://tracker.example/PAY-1")
    page.get_by_role("button", name="Keep note").click()
    expect(page.locator("#toasts")).to_contain_text("The note is kept.")
    expect(page.locator("#remarks dd", has_text="Ada")).to_be_visible()
    page.locator("summary.btn", has_text="Mute this test").click()
    later = clock.today() + timedelta(days=5)
    page.get_by_label("Muted until").fill(later.isoformat())
    page.get_by_label("Reason").fill("Sandbox is down")
    page.get_by_role("button", name="Mute", exact=True).click()
    expect(page.locator(".case-t .pill", has_text="Muted until")).to_be_visible()
    page.get_by_role("button", name="End the mute").click()
    expect(page.locator("#toasts")).to_contain_text("The test is muted no more.")
    expect(page.locator(".case-t .pill", has_text="Muted")).to_have_count(0)
