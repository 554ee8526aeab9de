"""One visit of a page: what the browser said, how wide it was, what axe found."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlsplit

from playwright.sync_api import (
    Browser,
    BrowserContext,
    Page,
    Response,
    ViewportSize,
    expect,
)

from tests.browser.geometry import leaving
from tests.browser.pages import NAMES_EMPTY, NAMES_OUTSIDE
from tests.browser.sites import Site
from tests.services import ROOT

ARTIFACTS = ROOT / "var" / "artifacts" / "browser"
# No test says how fast a machine is: what takes this long hangs.
LONGEST_MS = 60_000
expect.set_options(timeout=LONGEST_MS)
DESKTOP: ViewportSize = {"width": 1440, "height": 900}
# The narrowest that counts, a phone, 1440 px at 200 % zoom, and the usual screens.
WIDTHS = (320, 390, 768, 1280, 1366, 1440, 1920, 2560)
Theme = Literal["light", "dark"]
THEMES: tuple[Theme, Theme] = ("light", "dark")
# The rules that a theme can break; the others are the same in both.
COLOUR_RULES = ["color-contrast", "link-in-text-block"]
GRAVE = ("serious", "critical")

SETTLED = """
async () => {
  const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  const reference = document.getElementById("reference");
  for (let n = 0; n < 3000 && reference && !reference.querySelector("h1"); n++) await frame();
  await document.fonts.ready;
  await frame();
  // Plotly waits a moment before it follows a new width.
  const late = (box) => Math.abs((box.querySelector("svg")?.clientWidth ?? 0) - box.clientWidth) > 1;
  for (let n = 0; n < 100 && [...document.querySelectorAll(".chart")].some(late); n++) await frame();
}
"""


def new_context(
    browser: Browser, site: Site, *, anonymous: bool = False, **options: Any
) -> BrowserContext:
    """A window of its own; logged in unless told otherwise, or nobody can be."""
    context = browser.new_context(
        base_url=site.url, **{"viewport": DESKTOP, "color_scheme": "light"} | options
    )
    context.set_default_timeout(LONGEST_MS)
    if site.cookie and not anonymous:
        context.add_cookies(
            [{"name": "sessionid", "value": site.cookie, "url": site.url}]
        )
    return context


@contextmanager
def complaints(page: Page) -> Iterator[list[str]]:
    """What the browser complains about meanwhile: console, exceptions, requests."""
    heard: list[str] = []

    def answered(response: Response) -> None:
        is_page = response.request.is_navigation_request()
        if response.status >= 400 and not is_page:
            heard.append(f"{response.status} for {response.url}")

    def said(message: Any) -> None:
        # The browser repeats a page's own status here, which the test looks at.
        is_status = "the server responded with a status" in message.text
        if message.type in ("error", "warning") and not is_status:
            heard.append(f"console {message.type}: {message.text}")

    listeners = {
        "console": said,
        "pageerror": lambda error: heard.append(f"exception: {error}"),
        "requestfailed": lambda request: heard.append(f"no answer: {request.url}"),
        "response": answered,
    }
    for event, listener in listeners.items():
        page.on(event, listener)  # type: ignore[call-overload]
    yield heard
    for event, listener in listeners.items():
        page.remove_listener(event, listener)


def settle(page: Page) -> None:
    """Fonts are there, and what was due to be drawn is drawn."""
    page.evaluate(SETTLED)


@dataclass
class Visit:
    """What one page showed: `faults` by theme, `leaving` by theme and width in px, `bars`
    and `lines` that its chart drew, by theme.
    """

    status: int
    complaints: list[str]
    faults: dict[str, list[str]] = field(default_factory=dict)
    bars: dict[str, int] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    leaving: dict[Theme, dict[int, list[str]]] = field(default_factory=dict)


class Visitor:
    """Opens each page once, looks at it in both themes and all widths, remembers.

    One tab for each kind of visitor: a new one costs more than all that is seen in it.
    """

    def __init__(self, browser: Browser, full: Site, empty: Site, axe: str) -> None:
        self.browser, self.full, self.empty, self.axe = browser, full, empty, axe
        self._visits: dict[str, Visit] = {}
        self._tabs: dict[tuple[str, bool], Page] = {}

    def close(self) -> None:
        for tab in self._tabs.values():
            tab.context.close()

    def visit(self, name: str, address: str) -> Visit:
        if name not in self._visits:
            self._visits[name] = self._seen(name, address)
        return self._visits[name]

    def _tab(self, name: str) -> Page:
        site = self.empty if name in NAMES_EMPTY else self.full
        key = (site.url, name in NAMES_OUTSIDE)
        if key not in self._tabs:
            # Colours fade for 120 ms, and axe would measure what is in between.
            context = new_context(
                self.browser, site, anonymous=key[1], reduced_motion="reduce"
            )
            self._tabs[key] = context.new_page()
        return self._tabs[key]

    def _seen(self, name: str, address: str) -> Visit:
        page = self._tab(name)
        page.set_viewport_size(DESKTOP)
        # What the page before still asked for ends without an answer; that is no fault.
        page.goto("about:blank")
        with complaints(page) as heard:
            page.emulate_media(color_scheme="light")
            answer = page.goto(address)
            assert answer is not None
            assert urlsplit(page.url).path == urlsplit(address).path
            visit = Visit(answer.status, heard)
            page.evaluate(self.axe)
            for theme in THEMES:
                self._look(page, visit, theme)
            visit.leaving = _leaving(page, len(self._visits))
        return visit

    def _look(self, page: Page, visit: Visit, theme: Theme) -> None:
        page.emulate_media(color_scheme=theme)
        settle(page)
        visit.faults[theme] = faults(page, theme)
        visit.bars[theme] = page.locator(".bars .point path").count()
        visit.lines[theme] = page.locator(".scatterlayer path.js-line").count()


def faults(page: Page, theme: str) -> list[str]:
    """axe's serious and critical findings, each with the first element."""
    rules = {"runOnly": COLOUR_RULES} if theme == "dark" else {}
    found = page.evaluate(
        "(options) => axe.run(document, options)",
        {"resultTypes": ["violations"], "preload": False, **rules},
    )
    return [
        f"{fault['id']} ({fault['impact']}, {len(fault['nodes'])} times): "
        f"{fault['help']}: {fault['nodes'][0]['html'][:200]}"
        for fault in found["violations"]
        if fault["impact"] in GRAVE
    ]


def _leaving(page: Page, turn: int) -> dict[Theme, dict[int, list[str]]]:
    """By theme, what leaves its card or the screen at the widths at which something does.

    Hardly anything is wider in one theme than in the other: each width is looked at in
    one of them, and on the page of the next turn in the other.
    """
    found: dict[Theme, dict[int, list[str]]] = {theme: {} for theme in THEMES}
    # The one that it has now comes first, because a chart is drawn anew for another.
    for number, theme in reversed([*enumerate(THEMES)]):
        page.emulate_media(color_scheme=theme)
        for width in WIDTHS[(number + turn) % 2 :: 2]:
            page.set_viewport_size({"width": width, "height": 844})
            settle(page)
            if faults := leaving(page, width):
                found[theme][width] = faults
    return found
