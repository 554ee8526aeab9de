"""Saving a view from the filter bar, and the projects that pages start with."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.visits import faults, settle


def save(page, name: str) -> None:
    field = page.locator("#view-name")
    expect(field).to_be_focused()
    field.fill(name)
    page.keyboard.press("Enter")


def sidebar(page, name: str):
    return page.locator("aside.side").get_by_role("link", name=name, exact=True)


def test_a_view_is_saved_by_the_palette_and_opened_from_the_sidebar(working_page):
    page = working_page
    page.goto("/runs/")
    # A filter that was chosen since the page came is part of it.
    page.get_by_role("link", name="14d").click()
    page.wait_for_url("**/runs/?window=14d")
    page.keyboard.press("Control+k")
    page.keyboard.type("save this")
    expect(page.locator('[data-wanted="save this"]')).to_have_count(1)
    page.keyboard.press("Enter")
    save(page, "Two weeks")
    expect(page.locator("#toasts")).to_contain_text("Two weeks is saved.")
    page.goto("/sync/")
    sidebar(page, "Two weeks").click()
    page.wait_for_url("**/runs/?window=14d")
    expect(sidebar(page, "Two weeks")).to_have_attribute("aria-current", "page")
    # Where there is no filter bar nothing is offered that could be saved.
    page.goto("/sync/")
    page.keyboard.press("Control+k")
    page.keyboard.type("save this")
    expect(page.locator('[data-wanted="save this"]')).to_have_count(1)
    expect(page.get_by_role("option", name="Save this view")).to_have_count(0)


@pytest.mark.parametrize("width", [390, 768, 1280, 1440])
def test_the_form_hangs_on_the_screen_and_the_bar_keeps_to_its_lines(
    working_page, width
):
    page = working_page
    page.set_viewport_size({"width": width, "height": 844})
    page.goto("/runs/")
    page.locator("#pick-save > summary").click()
    settle(page)
    box = page.locator(".save-view").bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width
    if width >= 1280:
        assert page.locator("#filters").bounding_box()["height"] < 50


def test_pages_start_with_ones_own_projects_and_the_address_says_so(
    working_page, visitor
):
    page = working_page
    page.goto("/me/")
    page.get_by_label("These projects").check()
    page.locator(".projects-chosen input").first.check()
    page.locator("#scope").get_by_role("button", name="Save").click()
    expect(page.locator("#toasts")).to_contain_text("projects that you chose")
    page.evaluate(visitor.axe)
    assert faults(page, "light") == []
    page.goto("/runs/")
    # Copied from the browser's bar it is the same to a colleague.
    page.wait_for_url("**/runs/?project=*")
    page.get_by_role("link", name="All projects", exact=True).click()
    page.wait_for_url("**/runs/?project=all")
    expect(page.locator("#chip-project")).to_contain_text("All")
    page.locator("#chip-project").click()
    page.get_by_role("link", name="My projects").click()
    page.wait_for_url("**/runs/?project=*")
    expect(page.locator("#chip-project")).to_contain_text("Mine, 1")
    page.goto("/me/")
    page.get_by_label("All projects").check()
    page.locator("#scope").get_by_role("button", name="Save").click()
    expect(page.locator("#toasts")).to_contain_text("start with all projects")
