"""Where things are on a page: what leaves its card, its cell or the screen, at a width."""

from __future__ import annotations

from playwright.sync_api import Page

# Measured from here on; what a card holds may be scrolled sideways in it below.
NO_SCROLLING_PX = 1024

LEAVES = """
(noScrolling) => {
  const FRAMES = ".card, .kpi, .conn, .mult, .note, .su-g section, dialog, .pop, td, th";
  const screen = document.documentElement.clientWidth;
  const styles = new Map();
  const styleOf = (element) => {
    if (!styles.has(element)) styles.set(element, getComputedStyle(element));
    return styles.get(element);
  };
  const named = (element) => {
    const words = element.getAttribute("class") || element.id || "";
    const text = element.textContent.trim().replace(/\\s+/g, " ").slice(0, 40);
    return `${element.tagName.toLowerCase()}.${words} "${text}"`;
  };
  const isOf = (style) => style.textOverflow === "ellipsis" || style.webkitLineClamp !== "none"
    || style.clipPath !== "none";
  // By how many pixels it leaves what, "" where it stays inside.
  const leaves = (element, box) => {
    const past = (edges) => Math.round(Math.max(box.right - edges.right, edges.left - box.left));
    for (let outer = element; outer && outer !== document.body; outer = outer.parentElement) {
      const style = styleOf(outer);
      if (outer !== element) {
        const edges = outer.getBoundingClientRect();
        if (/auto|scroll/.test(style.overflowX)) return "";
        if (/hidden|clip/.test(style.overflowX)) {
          if (isOf(style) || outer.closest("svg")) return "";
          return past(edges) > 1 ? `is cut off after ${past(edges)} px by ${named(outer)}` : "";
        }
        if (outer.matches(FRAMES) && past(edges) > 1) return `leaves ${named(outer)} by ${past(edges)} px`;
      }
      if (style.clipPath !== "none") return "";
      if (style.position === "fixed") break;
    }
    const edge = past({ left: 0, right: screen });
    return edge > 1 ? `leaves the screen by ${edge} px` : "";
  };
  const out = [];
  for (const element of document.body.querySelectorAll("*")) {
    // Of a drawing its frame and its words are looked at.
    if (element.closest("svg") && !/^(svg|text)$/.test(element.tagName)) continue;
    // Plotly measures its words far outside.
    if (element.closest("#js-plotly-tester")) continue;
    if (!element.checkVisibility({ visibilityProperty: true })) continue;
    const box = element.getBoundingClientRect();
    if (!box.width || !box.height) continue;
    const said = leaves(element, box);
    if (said) out.push(`${named(element)} ${said}`);
    const hidden = element.scrollWidth - element.clientWidth;
    if (noScrolling && hidden > 1 && element.matches(".card, .scroll") && /auto|scroll/.test(styleOf(element).overflowX))
      out.push(`${named(element)} hides ${hidden} px until it is scrolled`);
  }
  const wide = document.scrollingElement.scrollWidth;
  if (wide > screen) out.push(`the page is ${wide} px wide`);
  return out.slice(0, 8);
}
"""


def leaving(page: Page, width: int) -> list[str]:
    """What leaves its frame at the width that the page has now."""
    found: list[str] = page.evaluate(LEAVES, width >= NO_SCROLLING_PX)
    return found


# Names as long as anybody makes them, where names of things stand.
LENGTHEN = """
() => {
  for (const name of document.querySelectorAll(":is(.nm, .trunc, .chip .v, .page-h h1):not(.n)"))
    for (const text of name.childNodes)
      if (text.nodeType === 3 && text.textContent.trim().length > 2)
        text.textContent = `${text.textContent.trim()} `.repeat(12).slice(0, 200);
}
"""


def lengthen(page: Page) -> None:
    """Let each name on the page have 200 letters."""
    page.evaluate(LENGTHEN)


COVERED = """
async () => {
  const said = [];
  const hides = (element) => /auto|scroll/.test(getComputedStyle(element).overflowY);
  for (const pick of document.querySelectorAll("details.pick")) {
    const summary = pick.querySelector("summary");
    if (!summary.checkVisibility({ visibilityProperty: true })) continue;
    const name = pick.id || summary.textContent.trim() || summary.getAttribute("aria-label");
    const outer = pick.parentElement.closest("details:not([open])");
    if (outer) continue;
    summary.scrollIntoView({ block: "nearest", inline: "nearest" });
    pick.open = true;
    // It is put into its place by what hears that it opens.
    await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    const pop = pick.querySelector(".pop");
    const box = pop.getBoundingClientRect();
    if (box.left < -1 || box.top < -1 || box.right > innerWidth + 1 || box.bottom > innerHeight + 1)
      said.push(`${name} leaves the screen`);
    if (pop.scrollHeight > pop.clientHeight + 1 && pop.clientHeight < innerHeight / 2)
      said.push(`${name} is ${pop.clientHeight} px tall and holds ${pop.scrollHeight}`);
    for (const control of pop.querySelectorAll("a, button, input:not([type=hidden]), select")) {
      if (!control.checkVisibility({ visibilityProperty: true })) continue;
      const at = control.getBoundingClientRect();
      const [x, y] = [at.left + at.width / 2, at.top + at.height / 2];
      let clip = control.parentElement;
      while (clip !== pop && !hides(clip)) clip = clip.parentElement;
      const frame = clip.getBoundingClientRect();
      if (hides(clip) && (y > frame.bottom || y < frame.top)) continue;
      const hit = document.elementFromPoint(x, y);
      if (!hit || !(control.contains(hit) || control.closest("label")?.contains(hit)))
        said.push(`${name}: ${control.outerHTML.slice(0, 60)} is under ${hit?.outerHTML.slice(0, 60)}`);
      if (at.right > box.right + 1 || at.left < box.left - 1)
        said.push(`${name}: ${control.outerHTML.slice(0, 60)} leaves it`);
    }
    pick.open = false;
  }
  return said.slice(0, 8);
}
"""


def covered(page: Page) -> list[str]:
    """What of a popover cannot be reached once it is open, for each one that there is."""
    found: list[str] = page.evaluate(COVERED)
    return found


HIDDEN_BELOW = """
() => {
  const out = [];
  for (const element of document.body.querySelectorAll("*")) {
    const style = getComputedStyle(element);
    if (!/auto|scroll|hidden|clip/.test(style.overflowY) || style.clipPath !== "none") continue;
    // A line that ends in dots has a title, and letters may reach below theirs.
    if (style.textOverflow === "ellipsis" || style.webkitLineClamp !== "none") continue;
    if (!element.checkVisibility({ visibilityProperty: true }) || element.closest("svg")) continue;
    const hidden = element.scrollHeight - element.clientHeight;
    if (hidden > 4) out.push(`${element.tagName.toLowerCase()}.${element.className} hides ${hidden} px`);
  }
  return out;
}
"""


def hidden_below(page: Page) -> list[str]:
    """What holds more than it shows, which paper cannot scroll to."""
    found: list[str] = page.evaluate(HIDDEN_BELOW)
    return found
