"""The stand-up on a wall and in a hand: it fits, refreshes itself, copies itself."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.geometry import hidden_below, leaving
from tests.browser.visits import THEMES, new_context

WALL = {"width": 1920, "height": 1080}
# Text that is cut off, or a line of a card that lies on another.
CUT = """
() => {
  const out = [];
  for (const card of document.querySelectorAll(".su-g section")) {
    const box = card.getBoundingClientRect();
    let end = 0;
    for (const part of card.querySelectorAll("h2, li > *, .su-quiet")) {
      const own = part.getBoundingClientRect();
      if (own.bottom > box.bottom + 1) out.push(`${card.className} ends before ${part.textContent}`);
      if (part.matches("li > div, h2")) {
        if (own.top < end - 1) out.push(`${part.textContent} lies on another line`);
        end = own.bottom;
      }
    }
  }
  return out;
}
"""
SIZE = "() => [document.scrollingElement.scrollWidth, document.scrollingElement.scrollHeight]"


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("query", ["", "window=7d&", "window=7d&nothing=of+that&"])
def test_one_screen_holds_it_all(page: Page, theme, query):
    page.set_viewport_size(WALL)
    page.goto(f"/standup/?{query}theme={theme}")
    assert page.evaluate(SIZE) == [1920, 1080]
    assert page.evaluate(CUT) == []
    sizes = page.evaluate(
        "() => [...document.querySelectorAll('#content :is(a, p, span, h1, h2)')]"
        ".filter((e) => e.checkVisibility() && !e.closest('.su-filters, .tool'))"
        ".map((e) => parseFloat(getComputedStyle(e).fontSize))"
    )
    assert min(sizes) >= 22
    names = page.evaluate(
        "() => [...document.querySelectorAll('.su-t')]"
        ".map((e) => parseFloat(getComputedStyle(e).fontSize))"
    )
    assert min(names) >= 27
    background = page.evaluate(
        "() => getComputedStyle(document.querySelector('#content')).backgroundColor"
    )
    assert (background == "rgb(14, 17, 21)") is (theme == "dark")


@pytest.mark.parametrize("size", [(1366, 768), (1440, 900), (2560, 1440)])
def test_other_screens_are_filled_too(page: Page, size):
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.goto("/standup/?window=7d")
    assert page.evaluate(SIZE) == [*size]
    assert page.evaluate(CUT) == []


def test_a_phone_scrolls_down_only_and_has_the_tabs(page: Page):
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/standup/?window=7d")
    width, height = page.evaluate(SIZE)
    assert width == 390
    assert height > 844
    tabs = page.locator(".mob-tabs a")
    expect(tabs.filter(has_text="Stand-up")).to_have_attribute("aria-current", "page")
    expect(tabs.filter(has_text="Runs")).to_have_count(0)


@pytest.mark.parametrize(
    ("size", "least_px"), [((1080, 1920), 25), ((768, 1024), 17.5)], ids=str
)
def test_a_screen_that_stands_upright_is_read_from_afar(page: Page, size, least_px):
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.goto("/standup/?window=7d")
    assert page.evaluate(SIZE)[0] == size[0]
    assert leaving(page, size[0]) == []
    assert hidden_below(page) == []
    texts = page.evaluate(
        "() => [...document.querySelectorAll('.su-t, .su-x, .su-quiet, .su-f, .su-b')]"
        ".map((e) => parseFloat(getComputedStyle(e).fontSize))"
    )
    assert min(texts) >= least_px
    heading = page.locator("h1").evaluate(
        "(h) => parseFloat(getComputedStyle(h).fontSize)"
    )
    assert heading >= 2 * least_px


def said(page: Page) -> str:
    return str(
        page.evaluate("() => document.querySelector('#markdown').content.textContent")
    )


def test_the_markdown_is_copied_and_says_what_stands_there(browser, sites):
    context = new_context(
        browser, sites.full, permissions=["clipboard-read", "clipboard-write"]
    )
    page = context.new_page()
    page.goto("/standup/?window=7d")
    page.get_by_role("link", name="Copy as Markdown").click()
    expect(page.locator(".toast")).to_have_text("Copied as Markdown")
    text = page.evaluate("() => navigator.clipboard.readText()")
    assert text == said(page)
    assert page.locator("h1").inner_text() in text.replace("\\", "")
    for card in page.locator(".su-g section").all():
        number = card.locator("h2 .n, h2 .num").inner_text()
        title = card.locator("h2 > span:last-child").inner_text()
        assert f"### {title} ({number})" in text
        for name in card.locator(".su-t").all():
            assert name.get_attribute("title") in text.replace("\\", "")
    link = text.strip().splitlines()[-1]
    assert re.search(r"/standup/\?since=[^&]+&until=", link)
    verdict = page.locator("h1").inner_text()
    page.goto(link)
    expect(page.locator("h1")).to_have_text(verdict)
    expect(page.locator(".su-f")).to_contain_text("This time is fixed")
    context.close()


def test_a_link_to_this_moment_opens_for_whoever_has_it(browser, sites):
    context = new_context(
        browser, sites.worked, permissions=["clipboard-read", "clipboard-write"]
    )
    page = context.new_page()
    page.goto("/standup/?window=7d")
    verdict = page.locator("h1").inner_text()
    page.get_by_role("link", name="Share link").click()
    dialog = page.get_by_role("dialog", name="Share")
    dialog.get_by_label("This moment").check()
    dialog.get_by_role("button", name="Make the link").click()
    expect(dialog.get_by_role("heading")).to_have_text("The link is ready")
    dialog.get_by_role("button", name="Copy").click()
    expect(page.locator(".toast").last).to_contain_text("Link copied")
    link = page.evaluate("() => navigator.clipboard.readText()")
    context.close()
    context = new_context(browser, sites.worked, anonymous=True)
    page = context.new_page()
    page.goto(link)
    expect(page.locator("h1")).to_have_text(verdict)
    expect(page.locator("a[data-share]")).to_have_count(0)
    context.close()


def test_without_the_right_to_copy_the_text_is_shown(page: Page):
    page.goto("/standup/")
    page.evaluate(
        "() => {"
        "  Object.defineProperty(navigator, 'clipboard', { value: undefined });"
        "  document.execCommand = () => false;"
        "}"
    )
    page.get_by_role("link", name="Copy as Markdown").click()
    field = page.get_by_role("textbox", name="Text to copy")
    expect(field).to_have_value(said(page))
    expect(field).to_be_focused()
    page.keyboard.press("Escape")
    expect(field).to_have_count(0)


def test_it_refreshes_every_minute_and_not_while_it_is_hidden(own_page: Page):
    asked: list[str] = []
    own_page.on(
        "request",
        lambda request: (
            asked.append(request.url) if request.headers.get("hx-request") else None
        ),
    )
    own_page.clock.install()
    own_page.goto("/standup/")
    own_page.evaluate("() => { document.querySelector('h1').textContent = 'before'; }")
    own_page.clock.run_for(55_000)
    assert asked == []
    with own_page.expect_response("**/standup/"):
        own_page.clock.run_for(7_000)
    expect(own_page.locator("h1")).not_to_have_text("before")
    expect(own_page.locator("#refreshed")).to_contain_text("Refreshes every minute")
    own_page.evaluate(
        "() => Object.defineProperty(document, 'hidden', { value: true })"
    )
    own_page.clock.run_for(65_000)
    assert len(asked) == 1


def test_it_says_at_once_that_a_refresh_failed_and_recovers(own_page: Page):
    own_page.clock.install()
    own_page.goto("/standup/")
    old, main = own_page.locator("#old"), own_page.locator("#content")
    own_page.route("**/standup/", lambda route: route.fulfill(status=500, body=""))
    own_page.clock.run_for(61_000)
    expect(old).to_contain_text("The server answered with an error.")
    expect(old).to_contain_text("These are the numbers of")
    expect(main).to_have_class(re.compile("is-old"))
    own_page.unroute("**/standup/")
    own_page.route("**/standup/", lambda route: route.abort())
    own_page.clock.run_for(16_000)
    expect(old).to_contain_text("The server cannot be reached.")
    own_page.unroute("**/standup/")
    own_page.clock.run_for(16_000)
    expect(old).to_be_hidden()
    expect(main).not_to_have_class(re.compile("is-old"))


def test_after_a_sleep_old_numbers_are_marked_before_they_are_renewed(own_page: Page):
    own_page.clock.install()
    own_page.goto("/standup/")
    own_page.route("**/standup/", lambda route: None)
    own_page.clock.fast_forward(8 * 3600 * 1000)
    expect(own_page.locator("#old")).to_contain_text("Not refreshed for some minutes.")
    own_page.unroute_all(behavior="ignoreErrors")


def test_the_filters_unfold_from_the_scope_and_narrow_the_page(page: Page):
    page.set_viewport_size(WALL)
    page.goto("/standup/")
    scope = page.locator("#scope-chip")
    expect(scope).to_have_text("10 projects, 5 tools")
    scope.click()
    page.locator("#chip-tool").click()
    page.get_by_role("checkbox", name="Testmo").check()
    page.wait_for_url("**tool=testmo**")
    expect(scope).to_have_text("3 projects, 1 tool")
    expect(page.get_by_role("checkbox", name="Testmo")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(page.locator("#chip-tool")).to_be_hidden()
    expect(scope).to_be_focused()


def test_keys_lead_away_from_it(page: Page):
    page.goto("/standup/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_in_viewport()
    page.keyboard.press("g")
    page.keyboard.press("m")
    page.wait_for_url("**/milestones/")
