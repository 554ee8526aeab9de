"""The filter bar and the theme: kept in the address and the cookie, used by keyboard."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.visits import new_context

PROJECTS = "#projects tbody tr"


@pytest.fixture
def overview(page: Page) -> Page:
    page.goto("/")
    expect(page.locator(PROJECTS)).to_have_count(10)
    return page


def choose_testmo(page: Page) -> None:
    page.locator("#chip-tool").click()
    page.get_by_role("checkbox", name="Testmo").check()
    page.wait_for_url("**tool=testmo**")
    expect(page.locator(PROJECTS)).to_have_count(3)


def test_a_filter_survives_a_reload(overview):
    choose_testmo(overview)
    overview.reload()
    expect(overview.locator(PROJECTS)).to_have_count(3)
    expect(overview.locator(".chip-box.on #chip-tool")).to_contain_text("Testmo")


def test_back_and_forward_lead_through_the_filters(overview):
    choose_testmo(overview)
    overview.go_back()
    expect(overview.locator(PROJECTS)).to_have_count(10)
    expect(overview.locator(".chip-box.on")).to_have_count(0)
    expect(
        overview.locator("#plot-daily.js-plotly-plot .bars .point")
    ).not_to_have_count(0)
    overview.go_forward()
    expect(overview.locator(PROJECTS)).to_have_count(3)


def test_back_from_a_page_shows_the_filters_that_were_left(overview):
    choose_testmo(overview)
    overview.locator(f"{PROJECTS} a.nm").first.click()
    overview.wait_for_url("**/projects/**")
    overview.go_back()
    expect(overview.locator(PROJECTS)).to_have_count(3)
    expect(overview.locator(".chip-box.on #chip-tool")).to_contain_text("Testmo")


def test_a_filter_is_chosen_by_keyboard_and_keeps_the_focus(overview):
    overview.keyboard.press("f")
    find = overview.get_by_role("searchbox", name="Find in Projects")
    expect(find).to_be_focused()
    overview.keyboard.type("harbour")
    expect(overview.locator("#pick-project li:visible")).to_have_count(1)
    overview.keyboard.press("Tab")
    box = overview.get_by_role("checkbox", name="Harbour Shop")
    expect(box).to_be_focused()
    overview.keyboard.press("Space")
    overview.wait_for_url("**project=**")
    expect(overview.locator(PROJECTS)).to_have_count(1)
    expect(box).to_be_checked()
    expect(box).to_be_focused()
    overview.keyboard.press("Escape")
    expect(overview.locator("#pick-project")).not_to_have_attribute("open", "")
    expect(overview.locator("#chip-project")).to_be_focused()


def test_every_chip_and_time_range_can_be_clicked(sites, page):
    for name in ("overview", "case"):
        page.goto(sites.found.addresses[name])
        for control in page.locator("#filters summary, #filters .seg > a").all():
            control.click(trial=True)


def test_no_filter_leads_away_from_a_run(sites, page):
    """A run is one whatever is filtered. Its project's runs are a crumb away."""
    page.goto(sites.found.addresses["run"])
    address = page.url
    expect(page.locator("#filters")).to_have_count(0)
    page.keyboard.press("f")
    expect(page.get_by_role("button", name="Copy link")).to_be_visible()
    assert page.url == address
    page.locator(".crumb").get_by_role("link", name="Runs").click()
    page.wait_for_url(f"**/runs/?project={sites.found.project}**")


def test_the_cross_on_a_chip_clears_it(overview):
    choose_testmo(overview)
    overview.get_by_role("link", name="Clear Tool").click()
    expect(overview.locator(PROJECTS)).to_have_count(10)
    assert "tool=" not in overview.url


def test_a_time_range_of_ones_own_is_kept_in_the_address(overview):
    overview.get_by_text("Custom").click()
    overview.get_by_label("From", exact=True).fill("2020-01-01")
    overview.get_by_label("Until, not included").fill("2020-01-08")
    overview.locator("#pick-window").get_by_role("button", name="Apply").click()
    overview.wait_for_url("**since=2020-01-01&until=2020-01-08**")
    expect(overview.locator("#pick-window")).to_have_class(re.compile(r"\bon\b"))


def test_the_filters_work_without_scripts(browser, sites):
    context = new_context(browser, sites.full, java_script_enabled=False)
    page = context.new_page()
    page.goto("/")
    page.locator("#chip-tool").click()
    page.get_by_role("checkbox", name="Testmo").check()
    page.locator("#pick-tool").get_by_role("button", name="Apply").click()
    page.wait_for_url("**tool=testmo**")
    expect(page.locator(PROJECTS)).to_have_count(3)
    context.close()


def theme_of(page: Page) -> str:
    shade: str = page.evaluate("() => getComputedStyle(document.body).backgroundColor")
    red = int(re.findall(r"\d+", shade)[0])
    return "dark" if red < 128 else "light"


def test_the_theme_follows_the_system(page):
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.goto("/sync/")
        assert theme_of(page) == scheme


def test_the_cookie_wins_over_the_system_and_the_address_over_both(sites, page):
    page.context.add_cookies(
        [{"name": "theme", "value": "dark", "url": sites.full.url}]
    )
    page.goto("/sync/")
    assert theme_of(page) == "dark"
    page.goto("/sync/?theme=light")
    assert theme_of(page) == "light"


def test_the_switch_changes_the_theme_at_once_and_for_the_next_page(page):
    page.goto("/sync/")
    page.keyboard.press("t")
    page.keyboard.press("t")
    assert theme_of(page) == "dark"
    expect(page.locator(".side [data-theme-name]")).to_have_text("Dark")
    page.goto("/runs/")
    assert theme_of(page) == "dark"
    page.locator(".side [data-theme-next]").click()
    assert theme_of(page) == "light"
    expect(page.locator(".side [data-theme-name]")).to_have_text("System")
