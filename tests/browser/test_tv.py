"""The stand-up on a screen that nobody touches: it fits, lives on, and says what it cannot."""

from __future__ import annotations

import re
from itertools import count

import pytest
from playwright.sync_api import CDPSession, Page, expect

from tests.browser.test_standup import CUT, SIZE
from tests.browser.visits import THEMES, new_context

TV = "/standup/?view=tv&window=7d"
ASKED = re.compile(r"/standup/\?.*view=tv")
MINUTE = 61_000


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("size", [(1920, 1080), (1280, 720)])
def test_a_screen_holds_it_all_and_offers_nothing_to_press(page: Page, size, theme):
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.goto(f"{TV}&theme={theme}")
    assert page.evaluate(SIZE) == [*size]
    assert page.evaluate(CUT) == []
    expect(page.locator("button, input, summary, dialog, nav")).to_have_count(0)
    smallest = page.evaluate(
        "() => Math.min(...[...document.querySelectorAll('#content :is(a, p, span, h2, time)')]"
        ".filter((e) => e.checkVisibility() && !e.closest('.tool'))"
        ".map((e) => parseFloat(getComputedStyle(e).fontSize)))"
    )
    assert smallest >= 22 * size[1] / 1080
    background = page.evaluate(
        "() => getComputedStyle(document.querySelector('#content')).backgroundColor"
    )
    assert (background == "rgb(14, 17, 21)") is (theme == "dark")


def held(session: CDPSession) -> dict[str, float]:
    """What the browser keeps for the page once all that can go has gone."""
    session.send("HeapProfiler.collectGarbage")
    found = session.send("Performance.getMetrics")["metrics"]
    return {one["name"]: one["value"] for one in found}


def test_after_a_day_of_refreshes_nothing_has_gathered_and_no_edge_stayed(
    own_page: Page,
):
    own_page.clock.install()
    own_page.goto(TV)
    own_page.evaluate("() => { window.isBefore = true; }")
    answers = count()
    body = re.sub('data-moment="[^"]*"', 'data-moment="{}"', own_page.content())
    own_page.route(
        ASKED,
        lambda route: route.fulfill(
            body=body.replace("{}", str(next(answers))), content_type="text/html"
        ),
    )
    session = own_page.context.new_cdp_session(own_page)
    session.send("Performance.enable")
    main, lefts, before = own_page.locator("#content"), set(), {}
    for number in range(70):
        if number == 10:
            before = held(session)
        own_page.clock.fast_forward(MINUTE)
        expect(main).to_have_attribute("data-moment", str(number))
        box = own_page.locator(".su-v").bounding_box()
        lefts.add((round(box["x"]), round(box["y"])))
    after = held(session)
    # Loading itself anew would hide what gathers, and show a white screen each minute.
    assert own_page.evaluate("() => window.isBefore") is True
    assert after["Nodes"] <= before["Nodes"] * 1.1
    assert after["JSEventListeners"] <= before["JSEventListeners"]
    assert after["JSHeapUsedSize"] <= before["JSHeapUsedSize"] * 1.2
    assert len(lefts) > 4
    assert own_page.evaluate(SIZE) == [1440, 900]


def test_it_keeps_the_last_picture_says_since_when_and_goes_on(own_page: Page):
    own_page.clock.install()
    own_page.goto(TV)
    old, main = own_page.locator("#old"), own_page.locator("#content")
    verdict = own_page.locator("h1").inner_text()
    moment = main.get_attribute("data-moment")
    own_page.route(ASKED, lambda route: route.abort())
    own_page.clock.fast_forward(MINUTE)
    expect(old).to_contain_text("The server cannot be reached.")
    own_page.clock.fast_forward(3 * 3_600_000)
    expect(old).to_contain_text(f"These are the numbers of {moment}, 3 h ago.")
    expect(own_page.locator("h1")).to_have_text(verdict)
    expect(main).to_have_class(re.compile("is-old"))
    own_page.unroute(ASKED)
    own_page.route(
        ASKED, lambda r: r.fulfill(status=429, headers={"Retry-After": "300"})
    )
    own_page.clock.fast_forward(20_000)
    expect(old).to_contain_text("The server is asked too often.")
    own_page.unroute(ASKED)
    own_page.clock.fast_forward(200_000)
    expect(old).to_be_visible()
    with own_page.expect_response(ASKED):
        own_page.clock.fast_forward(110_000)
    expect(old).to_be_hidden()
    expect(main).not_to_have_class(re.compile("is-old"))


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 404, "body": "no such page"},
        {"status": 200, "body": "<title>Log in</title>", "content_type": "text/html"},
    ],
)
def test_what_is_closed_to_it_is_wiped_until_it_is_open_again(own_page: Page, answer):
    own_page.clock.install()
    own_page.goto(TV)
    verdict = own_page.locator("h1").inner_text()
    own_page.route(ASKED, lambda route: route.fulfill(**answer))
    own_page.clock.fast_forward(MINUTE)
    expect(own_page.locator("#old")).to_contain_text("may not show the stand-up")
    assert verdict not in own_page.content()
    own_page.unroute(ASKED)
    own_page.clock.fast_forward(MINUTE)
    expect(own_page.locator("h1")).to_have_text(verdict)
    expect(own_page.locator("#old")).to_be_hidden()


def test_another_version_of_the_site_is_loaded_whole(own_page: Page):
    own_page.clock.install()
    own_page.goto(TV + "&theme=dark")
    other = re.sub(r"js/tv\.\w+\.js", "js/tv.000000000000.js", own_page.content())
    own_page.evaluate("() => { window.isBefore = true; }")
    own_page.route(
        ASKED,
        lambda route: (
            route.continue_()
            if route.request.is_navigation_request()
            else route.fulfill(body=other, content_type="text/html")
        ),
    )
    with own_page.expect_navigation():
        own_page.clock.fast_forward(MINUTE)
    assert own_page.evaluate("() => window.isBefore") is None
    assert own_page.evaluate("() => document.documentElement.dataset.theme") == "dark"
    expect(own_page.locator("h1")).to_be_visible()


def test_a_page_ends_with_its_shift_right_after_an_answer(own_page: Page):
    own_page.clock.install()
    own_page.goto(TV)
    own_page.evaluate("() => { window.isBefore = true; }")
    own_page.route(ASKED, lambda route: route.abort())
    own_page.clock.fast_forward(7 * 3_600_000)
    expect(own_page.locator("#old")).to_contain_text("7 h ago")
    assert own_page.evaluate("() => window.isBefore") is True
    own_page.unroute(ASKED)
    with own_page.expect_navigation():
        own_page.clock.fast_forward(20_000)
    assert own_page.evaluate("() => window.isBefore") is None


def test_a_screen_on_a_shared_link_goes_on_without_an_account_until_that_is_revoked(
    browser, sites
):
    own = new_context(browser, sites.worked, viewport={"width": 390, "height": 844})
    page = own.new_page()
    page.goto("/standup/?window=7d")
    page.get_by_role("link", name="Share link").click()
    dialog = page.get_by_role("dialog", name="Share")
    dialog.get_by_role("button", name="Make the link").click()
    link = dialog.locator("#share-text").inner_text()
    wall = new_context(browser, sites.worked, anonymous=True)
    screen = wall.new_page()
    screen.clock.install()
    screen.goto(f"{link}?view=tv")
    expect(screen.get_by_text("Shared by Passline")).to_contain_text("always current")
    assert screen.evaluate(CUT) == []
    with screen.expect_response(re.compile(f"{re.escape(link)}/standup/")) as answer:
        screen.clock.fast_forward(MINUTE)
    assert answer.value.status == 200
    expect(screen.locator("#old")).to_be_hidden()
    # On a phone too a link can be ended, and a screen be looked at.
    page.goto("/shares/")
    page.get_by_role("button", name="Revoke").first.click()
    expect(page.get_by_text("The link leads nowhere from now on.")).to_be_visible()
    screen.clock.fast_forward(MINUTE)
    expect(screen.locator("#old")).to_contain_text("may not show the stand-up any more")
    expect(screen.locator(".su-g")).to_have_count(0)
    wall.close()
    own.close()
