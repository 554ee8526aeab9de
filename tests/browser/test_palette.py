"""The palette: opened, used and left from the keyboard alone, and by finger."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.visits import faults, settle


@pytest.fixture
def palette(page):
    page.goto("/runs/")
    page.keyboard.press("Control+k")
    expect(page.locator("#palette-rows [data-row]").first).to_be_visible()
    return page


def rows(page, wanted: str):
    """The rows, once they are those of the words."""
    expect(page.locator(f'[data-wanted="{wanted}"]')).to_have_count(1)
    return page.locator("#palette-rows [data-row]")


def test_it_is_used_from_the_keyboard_alone(palette):
    page, field = palette, palette.locator("#palette-field")
    expect(field).to_be_focused()
    page.keyboard.type("payment")
    found = rows(page, "payment")
    expect(found.first).to_have_attribute("aria-selected", "true")
    for key, at in (
        ("ArrowDown", 1),
        ("ArrowUp", 0),
        ("ArrowUp", -1),
        ("ArrowDown", 0),
    ):
        page.keyboard.press(key)
        chosen = found.nth(at)
        expect(chosen).to_have_attribute("aria-selected", "true")
        expect(chosen).to_be_in_viewport()
        id_ = chosen.get_attribute("id")
        expect(field).to_have_attribute("aria-activedescendant", id_)
        expect(field).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#palette")).to_be_hidden()
    # It keeps its words, which the next ones replace.
    page.keyboard.press("Control+k")
    expect(field).to_have_value("payment")
    page.keyboard.type("Harbour Shop")
    wanted = rows(page, "Harbour Shop").first.get_attribute("href")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{wanted}")


def test_what_was_opened_is_recent_elsewhere(palette):
    page = palette
    page.keyboard.type("Harbour Shop")
    name = rows(page, "Harbour Shop").first.locator(".nm").inner_text()
    page.keyboard.press("Enter")
    page.wait_for_url("**/projects/**")
    page.goto("/sync/")
    page.keyboard.press("Control+k")
    recent = page.get_by_role("group", name="Recent")
    expect(recent.locator(".nm").first).to_have_text(name)


def test_an_answer_that_comes_late_replaces_none_of_later_words(palette):
    page, held = palette, []

    def hold_back(route):
        held.append(route) if "q=Har&" in f"{route.request.url}&" else route.continue_()

    page.route("**/search/palette/**", hold_back)
    field = page.locator("#palette-field")
    with page.expect_request("**/search/palette/?q=Har"):
        field.fill("Har")
    field.fill("payment")
    rows(page, "payment")
    for route in held:
        route.continue_()
    page.wait_for_load_state("networkidle")
    assert held
    rows(page, "payment")


def test_enter_waits_for_the_rows_of_what_was_typed(palette):
    page = palette
    page.route("**/search/palette/?q=Failing*", lambda route: route.continue_())
    page.keyboard.type("Failing now")
    page.keyboard.press("Enter")
    page.wait_for_url("**/cases/?view=failing")


def test_an_act_happens_to_the_page_below(palette):
    page = palette
    page.keyboard.type("theme")
    rows(page, "theme")
    page.keyboard.press("Enter")
    expect(page.locator("#palette")).to_be_hidden()
    expect(page.locator("html")).to_have_attribute("data-theme", "light")


def test_without_the_server_it_says_so_and_asks_again(palette):
    page = palette
    page.route("**/search/palette/**", lambda route: route.abort())
    page.keyboard.type("pay")
    expect(page.locator("#palette [role=alert]")).to_contain_text("cannot be reached")
    page.unroute_all()
    page.keyboard.type("ment")
    rows(page, "payment")
    expect(page.locator("#palette [role=alert]")).to_have_count(0)


def test_on_a_phone_its_button_opens_it_and_its_rows_are_large(page):
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/")
    page.locator(".mob-top").get_by_role("link", name="Search").click()
    page.locator("#palette-field").fill("a")
    found = rows(page, "a")
    settle(page)
    boxes = [row.bounding_box() for row in found.all()]
    assert all(box["height"] >= 44 for box in boxes)
    assert all(box["x"] >= 0 and box["x"] + box["width"] <= 390 for box in boxes)


def test_it_lies_over_the_stand_up_too_and_has_no_fault_that_axe_finds(page, visitor):
    page.goto("/standup/")
    page.keyboard.press("Control+k")
    page.locator("#palette-field").fill("a")
    rows(page, "a")
    page.evaluate(visitor.axe)
    assert faults(page, "light") == []
    box = page.locator("#palette").bounding_box()
    height = page.viewport_size["height"]
    assert (box["width"], round(box["y"] / height, 2)) == (560, 0.2)
    assert re.search(r"\d+ rows", page.locator("#palette-status").inner_text())
