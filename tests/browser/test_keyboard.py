"""Keys, search, rows and the link to copy."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect


def test_slash_opens_the_search_and_finds_what_is_typed(page):
    page.goto("/runs/")
    page.keyboard.press("/")
    page.wait_for_url("**/search/**")
    field = page.get_by_role("combobox")
    expect(field).to_be_focused()
    page.keyboard.type("Harbour")
    page.wait_for_url("**q=Harbour**")
    expect(page.get_by_role("link", name="Harbour Shop").first).to_be_visible()
    expect(field).to_be_focused()
    page.keyboard.type(" Sh")
    page.wait_for_url("**q=Harbour+Sh")
    expect(field).to_have_value("Harbour Sh")


def test_slash_on_the_search_page_goes_back_to_its_field(page):
    page.goto("/search/?q=payment")
    page.locator("h1").click()
    page.keyboard.press("/")
    expect(page.get_by_role("combobox")).to_be_focused()


def test_arrows_choose_what_was_found_and_enter_opens_it(page):
    page.goto("/search/?q=payment")
    field = page.get_by_role("combobox")
    rows = page.locator("tr[data-row]")
    assert rows.count() >= 2
    expect(field).to_be_focused()
    expect(field).to_have_attribute("aria-expanded", "true")
    expect(field).not_to_have_attribute("aria-activedescendant", re.compile("."))
    for key, at in (
        ("ArrowDown", 0),
        ("ArrowDown", 1),
        ("ArrowUp", 0),
        ("ArrowUp", -1),
    ):
        page.keyboard.press(key)
        chosen = rows.nth(at)
        expect(chosen).to_have_class("is-focus")
        expect(chosen).to_have_attribute("aria-selected", "true")
        expect(chosen).to_be_in_viewport()
        id_ = chosen.get_attribute("id")
        expect(field).to_have_attribute("aria-activedescendant", id_)
        expect(page.locator("tr.is-focus")).to_have_count(1)
        expect(field).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("tr.is-focus")).to_have_count(0)
    page.keyboard.press("ArrowDown")
    wanted = rows.first.locator("a.nm").get_attribute("href")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{wanted}")


def test_other_words_leave_no_row_of_the_ones_before_chosen(page):
    page.goto("/search/?q=payment")
    expect(page.get_by_role("combobox")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.locator("tr.is-focus")).to_have_count(1)
    page.get_by_role("combobox").fill("Harbour")
    page.wait_for_url("**q=Harbour**")
    expect(page.locator("tr.is-focus")).to_have_count(0)
    page.keyboard.press("ArrowDown")
    expect(page.locator("tr[data-row]").first).to_have_class("is-focus")


@pytest.mark.parametrize(
    ("key", "path"),
    [
        ("o", "/"),
        ("f", "/flaky/"),
        ("r", "/runs/"),
        ("m", "/milestones/"),
        ("s", "/standup/"),
        ("y", "/sync/"),
    ],
)
def test_g_and_a_letter_lead_to_a_place(page, key, path):
    page.goto("/search/?q=payment" if path != "/search/" else "/")
    page.locator("h1").click()
    page.keyboard.press("g")
    page.keyboard.press(key)
    page.wait_for_url(f"**{path}")


def test_j_and_k_walk_the_rows_and_enter_opens_one(page):
    page.goto("/runs/")
    rows = page.locator("tr[data-row]")
    for key in "jjk":
        page.keyboard.press(key)
    expect(rows.first).to_have_class("is-focus")
    page.keyboard.press("ArrowDown")
    expect(rows.nth(1)).to_have_class("is-focus")
    wanted = rows.nth(1).locator("a.nm").get_attribute("href")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{wanted}")


def test_a_click_beside_the_name_opens_the_row(page):
    page.goto("/runs/")
    row = page.locator("tr[data-row]").first
    wanted = row.locator("a.nm").get_attribute("href")
    row.locator("td").last.click()
    page.wait_for_url(f"**{wanted}")


def test_no_shortcut_acts_while_somebody_types(page):
    page.goto("/runs/")
    field = page.get_by_role("searchbox")
    field.focus()
    page.keyboard.type("gy?tj")
    expect(field).to_have_value("gy?tj")
    expect(page.locator("#keys")).to_be_hidden()
    assert page.evaluate("() => document.documentElement.dataset.theme") is None
    expect(page.locator("tr.is-focus")).to_have_count(0)


def test_the_question_mark_lists_the_keys_and_escape_closes_them(page):
    page.goto("/")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    expect(page.locator("#keys")).to_contain_text("First filter")
    page.keyboard.press("Escape")
    expect(page.locator("#keys")).to_be_hidden()


def test_the_first_tab_leads_past_the_sidebar(page):
    page.goto("/runs/")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to content")
    expect(skip).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#content")).to_be_focused()


@pytest.mark.parametrize("way", ["key", "button"])
def test_the_link_is_copied_and_a_toast_says_so(sites, page, way):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto("/?tool=testmo&window=14d")
    if way == "key":
        page.keyboard.press("c")
    else:
        page.locator("#pick-link > summary").click()
        page.get_by_role("button", name="Always current").click()
        expect(page.locator("#pick-link")).not_to_have_attribute("open", "")
    expect(page.locator("#toasts")).to_contain_text("Link copied")
    copied = page.evaluate("() => navigator.clipboard.readText()")
    assert copied == f"{sites.full.url}/?tool=testmo&window=14d"


def test_the_link_of_this_moment_keeps_its_times(sites, page):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto("/?tool=testmo&window=14d")
    page.locator("#pick-link > summary").click()
    page.get_by_role("link", name="This moment").click()
    expect(page.locator("#toasts")).to_contain_text("fixed to this moment")
    copied = page.evaluate("() => navigator.clipboard.readText()")
    assert copied.startswith(f"{sites.full.url}/?tool=testmo&since=")
    page.goto(copied)
    # What is fixed has one link only.
    expect(page.get_by_role("button", name="Copy link")).to_be_visible()


def test_a_toast_goes_away_by_itself(own_page):
    page = own_page
    page.clock.install()
    page.goto("/")
    page.keyboard.press("c")
    expect(page.locator(".toast")).to_be_visible()
    page.clock.fast_forward(4500)
    expect(page.locator(".toast")).to_have_count(0)
