"""One page in the browser: its first visit, what people do on it, and its next visit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Error, Page

from tests.browser import steadiness
from tests.browser.weights import Scale

DRAWN = """
() => [...document.querySelectorAll(".chart[data-rows]")].every((box) => box.querySelector("svg"))
"""
WINDOWS = ".filters .seg a:not([aria-current])"


def _clicked(selector: str) -> Callable[[Page], bool]:
    def act(page: Page) -> bool:
        found = page.locator(selector).filter(visible=True)
        if not found.count():
            return False
        found.first.click()
        return True

    return act


def _hovered(page: Page) -> bool:
    """A row of places across the chart, each under the pointer for a frame."""
    chart = page.locator(".chart.js-plotly-plot").filter(visible=True).first
    if not chart.count():
        return False
    chart.scroll_into_view_if_needed()
    box = chart.bounding_box()
    assert box
    for step in range(2, 18):
        x, y = box["x"] + step * box["width"] / 20, box["y"] + box["height"] / 2
        page.mouse.move(x, y)
        page.wait_for_timeout(40)
    return True


def _keyed(page: Page) -> bool:
    chart = page.locator(".chart.js-plotly-plot").filter(visible=True).first
    if not chart.count():
        return False
    chart.focus()
    for _ in range(5):
        page.keyboard.press("ArrowLeft")
        page.wait_for_timeout(40)
    return True


ACTS: dict[str, Callable[[Page], bool]] = {
    "menu": _clicked(".filters summary.chip"),
    "hover": _hovered,
    "keys": _keyed,
    "theme": _clicked("[data-theme-next]"),
    "sort": _clicked("th a"),
    "window": _clicked(WINDOWS),
}
TOLD_SHIFT = 0.01
HEADS = (
    *("page", "answer ms", "paint ms", "shift", "shift then", "task ms", "task then"),
    *(f"{name} ms" for name in ACTS),
    "first kB",
    "repeat kB",
)


def measured(page: Page, address: str) -> tuple[object, ...]:
    """A row of figures for HEADS, without the page's name."""
    steadiness.watch(page)
    scale = Scale(page.context.new_cdp_session(page))
    _open(page, address)
    found, first = steadiness.taken(page), sum(scale.take().values())
    _open(page, address)
    repeat = sum(scale.take().values())
    acts = [_acted(page, act) for act in ACTS.values()]
    for one in found["shifts"]:
        if one["value"] >= TOLD_SHIFT:
            print(
                f"  {address}: {one['value']:.3f} at {one['at']:.0f} ms by {one['of']}"
            )
    return (
        f"{found['answer']:.0f}",
        f"{found['paint']:.0f}",
        f"{steadiness.shift(found):.3f}",
        f"{sum(steadiness.shift(one) for one in acts if one):.3f}",
        f"{max(found['tasks'], default=0):.0f}",
        f"{max((task for one in acts if one for task in one['tasks']), default=0):.0f}",
        *(_longest(one) for one in acts),
        f"{first / 1000:.0f}",
        f"{repeat / 1000:.1f}",
    )


def _open(page: Page, address: str) -> None:
    page.goto(address, wait_until="networkidle")
    page.wait_for_function(DRAWN)


def _acted(page: Page, act: Callable[[Page], bool]) -> dict[str, Any] | None:
    try:
        steadiness.taken(page)
        if not act(page):
            return None
        found = steadiness.taken(page)
        page.wait_for_load_state("networkidle")
        page.keyboard.press("Escape")
        page.wait_for_function(DRAWN)
        return found
    except Error:
        # It led to another page.
        return None


def _longest(found: dict[str, Any] | None) -> str:
    """To the next paint. The browser tells of none that takes less than 16 ms."""
    if found is None:
        return "–"
    events = [one["ms"] for one in found["events"] if one["isAct"]]
    # A pointer that only moves is no act to the browser.
    events = events or [one["ms"] for one in found["events"]]
    return f"{max(events):.0f}" if events else "<16"
