"""What opens over a page: whole on the screen, and with nothing over its controls."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.geometry import covered
from tests.browser.visits import settle

NAMES = ("overview", "run", "flaky", "case")


@pytest.mark.parametrize("name", NAMES)
def test_each_control_of_a_popover_can_be_reached_on_every_screen(sites, page, name):
    page.goto(sites.found.addresses[name])
    # A part that comes later would open again what was open when it was put in.
    page.wait_for_load_state("networkidle")
    found = {}
    for width in (390, 768, 1280):
        page.set_viewport_size({"width": width, "height": 844})
        settle(page)
        assert page.locator("details.pick > summary:visible").count() >= 1
        found[width] = covered(page)
    assert found == dict.fromkeys(found, [])


def test_the_filters_of_the_stand_up_lie_over_the_places_of_a_phone(page):
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/standup/")
    page.locator("#scope-chip").click()
    expect(page.locator("#chip-tool")).to_be_visible()
    assert covered(page) == []


def test_the_menu_of_a_phone_leads_to_places_and_projects(page):
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/")
    page.get_by_label("Menu", exact=True).click()
    menu = page.locator(".mob-top .pop")
    height = menu.evaluate("(menu) => menu.clientHeight")
    assert height > 300
    menu.get_by_role("link", name="Runs").click()
    page.wait_for_url("**/runs/")
