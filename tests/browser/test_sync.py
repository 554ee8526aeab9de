"""The Sync page: work that is started, parts that renew themselves, words mapped."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, Request, Route, expect

from tests.browser.tools import UNKNOWN_WORD

POLL_MS = 15_000
HEAR_SWAPS = """
() => {
  window.swaps = 0;
  document.addEventListener("htmx:afterSettle", () => { window.swaps += 1; });
}
"""
HIDDEN = (
    "Object.defineProperty(document, 'hidden', { get: () => window.isAway ?? false })"
)


def row_of(page: Page, name: str) -> Locator:
    link = page.get_by_role("link", name=name, exact=True)
    return page.locator(".conn").filter(has=link)


def state_of(row: Locator) -> str:
    return row.locator(".state").inner_text()


def synced_so_far(page: Page, row: Locator) -> int:
    """How often the connection of this row was synced, as its history says."""
    answer = page.request.get(row.locator(".rec a").first.get_attribute("href") or "")
    found = re.search(r"data-count>(\d+)<", answer.text())
    assert found
    return int(found[1])


def test_sync_now_works_in_the_row_until_it_is_fresh_again(working_page):
    page = working_page
    page.goto("/sync/")
    page.evaluate("() => { window.isTheSamePage = true; }")
    row = row_of(page, "Testomat.io")
    before = synced_so_far(page, row)
    page.evaluate(HEAR_SWAPS)
    row.get_by_role("button", name="Sync now").click()
    page.wait_for_function("() => window.swaps > 0")
    # What polls the part every 15 s is pressed here by hand.
    for _ in range(600):
        if synced_so_far(page, row) > before and "Fresh" in state_of(row):
            break
        page.wait_for_timeout(100)
        page.evaluate("() => htmx.trigger('#sync', 'poll')")
    expect(row.locator(".state")).to_have_text("Fresh")
    assert synced_so_far(page, row) > before
    assert page.evaluate("() => window.isTheSamePage")


def test_a_button_says_what_it_does_until_the_answer_is_there(working_page):
    page = working_page
    page.goto("/sync/")
    waiting: list[Route] = []
    page.route("**/now/", lambda route: waiting.append(route))
    button = row_of(page, "Testmo").locator(".do button").first
    expect(button).to_have_text("Sync now")
    button.click()
    expect(button).to_have_text("Syncing")
    expect(button).to_be_disabled()
    waiting[0].abort()
    page.unroute("**/now/")


def test_a_mapped_word_is_read_again_and_no_longer_unknown(working_page):
    page = working_page
    page.goto("/sync/")
    unknown = page.locator("#rejects li").filter(has_text=UNKNOWN_WORD)
    unknown.get_by_text("Map status").click()
    unknown.get_by_label("Counts as").select_option("failed")
    unknown.get_by_role("button", name="Map and read again").click()
    expect(page.locator("#toasts")).to_contain_text(
        f"{UNKNOWN_WORD} counts as failed. 1 run to be read again."
    )
    row_of(page, "Testably").get_by_role("button", name="Sync now").click()
    for _ in range(240):
        page.wait_for_timeout(250)
        page.goto("/sync/")
        if not unknown.count():
            break
    expect(unknown).to_have_count(0)


def polls(page: Page) -> list[str]:
    """What htmx asks for from now on."""
    asked: list[str] = []

    def heard(request: Request) -> None:
        if request.headers.get("hx-request"):
            asked.append(request.url)

    page.on("request", heard)
    return asked


@pytest.mark.parametrize("name", ["overview", "sync", "run-open"])
def test_live_parts_ask_again_but_not_in_a_hidden_tab(sites, own_page, name):
    page = own_page
    page.clock.install()
    page.add_init_script(HIDDEN)
    page.goto(sites.found.addresses[name])
    asked = polls(page)
    with page.expect_response(lambda answer: "hx-request" in answer.request.headers):
        page.clock.fast_forward(POLL_MS)
    page.wait_for_function("() => !document.querySelector('.htmx-request')")
    seen = len(asked)
    page.evaluate("() => { window.isAway = true; }")
    page.clock.fast_forward(2 * POLL_MS)
    page.wait_for_timeout(200)
    assert len(asked) == seen
    page.evaluate("() => { window.isAway = false; }")
    with page.expect_response(lambda answer: "hx-request" in answer.request.headers):
        page.clock.fast_forward(POLL_MS)


def test_what_somebody_has_open_is_not_renewed_under_them(own_page):
    page = own_page
    page.clock.install()
    page.goto("/sync/")
    asked = polls(page)
    page.get_by_text("Map status").first.click()
    page.clock.fast_forward(2 * POLL_MS)
    page.wait_for_timeout(200)
    assert asked == []
    expect(page.get_by_label("Counts as").first).to_be_visible()


def test_a_part_that_does_not_load_says_so_and_offers_to_try_again(page):
    page.goto("/runs/")
    page.route("**/runs/?*", lambda route: route.abort())
    page.get_by_role("link", name="7d", exact=True).click()
    alert = page.get_by_role("alert").filter(has_text="This part did not load")
    expect(alert).to_be_visible()
    page.unroute("**/runs/?*")
    alert.get_by_role("link", name="Try again").click()
    page.wait_for_url("**window=7d**")
    expect(page.locator("#rows tbody tr").first).to_be_visible()
