"""What the browser says of its own paints: how late, how often moved, how long it was busy."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page

# Before anything is painted. An entry that follows a person's own act is no fault.
WATCH = """
const seen = window.seen = { paint: 0, shifts: [], tasks: [], events: [] };
const watch = (type, keep, more = {}) =>
  new PerformanceObserver((list) => list.getEntries().forEach(keep)).observe({ type, buffered: true, ...more });
watch("largest-contentful-paint", (entry) => { seen.paint = entry.startTime; });
watch("layout-shift", (entry) => {
  const of = entry.sources.map(({ node }) => (node?.nodeType === 1 ? node : node?.parentElement)?.outerHTML.slice(0, 120));
  if (!entry.hadRecentInput) seen.shifts.push({ value: entry.value, at: entry.startTime, of });
});
watch("longtask", (entry) => seen.tasks.push(entry.duration));
watch("event", (entry) => seen.events.push({ name: entry.name, ms: entry.duration, isAct: entry.interactionId > 0 }), { durationThreshold: 16 });
"""
TAKE = """
() => new Promise((done) => requestAnimationFrame(() => setTimeout(() => {
  const { paint, shifts, tasks, events } = window.seen;
  const answer = performance.getEntriesByType("navigation")[0].responseStart;
  Object.assign(window.seen, { shifts: [], tasks: [], events: [] });
  done({ answer, paint, shifts, tasks, events });
}, 120)))
"""


def watch(page: Page) -> None:
    """From the next page on that is opened in it."""
    page.add_init_script(WATCH)


def taken(page: Page) -> dict[str, Any]:
    """What was seen since it was asked for last: ms, and shares of the screen."""
    found: dict[str, Any] = page.evaluate(TAKE)
    return found


def shift(found: dict[str, Any]) -> float:
    return sum(one["value"] for one in found["shifts"])
