"""What a failing test says: lasting defects, flaky moments, outages, skips."""

from __future__ import annotations

from random import Random

from ingest.simulator.world import SimCase

LASTING = (
    "AssertionError: expected status 200, got {status}\n"
    '  Response: {{"error":"{error}"}}',
    "AssertionError: expected {left} to equal {right}",
    'NullPointerException: Cannot invoke "{thing}.getId()" because "{thing}" is null'
    "\n\tat com.example.{thing}.Service.load(Service.java:{line})"
    "\n\tat com.example.{thing}.Controller.show(Controller.java:{line2})",
    "Error: expect(locator).toHaveText(expected)\n"
    '  Locator: getByTestId("{thing}-total")\n'
    '  Expected: "{left}"\n  Received: "{right}"',
    'KeyError: "{thing}_id"\n  File "tests/test_{thing}.py", line {line}',
    "AssertionError: 1 violation of colour contrast (WCAG 2.2 AA) on #{thing}-form",
)
FLAKY = (
    "TimeoutError: waiting for selector [data-testid={thing}-save] exceeded {ms} ms",
    "StaleElementReferenceException: element is not attached to the page document",
    "Error: socket hang up (after {ms} ms)",
    "AssertionError: expected 3 rows, found {few} (list still loading?)",
    "Element is not clickable at point ({line}, {line2}): another element is above it",
)
OUTAGE = (
    "ConnectionError: connect ECONNREFUSED 10.20.0.14:5432",
    "HTTP 503 Service Unavailable: upstream connect error, reset before headers",
    "Error: beforeAll hook failed: the test environment did not become healthy",
)
SKIPS = (
    "Skipped: waiting for the new design",
    "Skipped: known defect, switched off until it is mended",
    "Skipped: not on this configuration",
)
WAITING = "Waits for test data from the back office."
MANUAL = (
    "The total stays empty until the page is reloaded.",
    "Button is cut off at 125 % zoom; see the attached picture.",
    "Saved, but the confirmation mail never came (waited 15 minutes).",
    "Works, yet the wording differs from the specification.",
)


def lasting(case: SimCase, rng: Random) -> str:
    """One defect's message: the same every time the defect shows."""
    return _filled(rng.choice(LASTING), case, rng)


def flaky(case: SimCase, rng: Random) -> str:
    """A moment's message: its numbers differ from time to time."""
    return _filled(rng.choice(FLAKY), case, rng)


def _filled(template: str, case: SimCase, rng: Random) -> str:
    return template.format(
        thing=case.folder.rpartition(" / ")[2].lower().replace(" ", "_"),
        status=rng.choice((400, 404, 409, 500)),
        error=rng.choice(("conflict", "not_found", "invalid_state")),
        left=f"{rng.randint(1, 400)}.{rng.randint(0, 99):02}",
        right=f"{rng.randint(1, 400)}.{rng.randint(0, 99):02}",
        line=rng.randint(20, 480),
        line2=rng.randint(20, 480),
        ms=rng.choice((5000, 10_000, 15_000, 30_000)),
        few=rng.randint(0, 2),
    )
