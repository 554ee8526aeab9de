"""Results to push: bodies of Testmo's append, and files of JUnit XML and CTRF."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

APPEND = 250
# Every so many-th test fails, with a trace.
FAILS_EVERY = 20
TRACE = "\n".join(["AssertionError: expected 0 to equal 1", *["  at cart.ts:20"] * 10])
FAILURE = {
    "type": 4,
    "name": "Failure",
    "meta": {"message": "expected 0 to equal 1", "type": "AssertionError"},
    "value": TRACE,
    "is_highlight": True,
}


def append_body(lane: int, number: int, tests: int = APPEND) -> bytes:
    """What the vendor's client sends at once: tests that are this body's alone."""
    rows = [_test(f"{lane:04x}{number:08x}{n:052x}", n) for n in range(tests)]
    return json.dumps({"tests": rows}).encode()


def _test(key: str, number: int) -> dict[str, Any]:
    fails = number % FAILS_EVERY == 0
    return {
        "key": key,
        "name": f"Test {key[:12]} {number} does what it says",
        "status": "failure" if fails else "passed",
        "folder": f"checkout.cart{number % 25}",
        "artifacts": [],
        "fields": [FAILURE] if fails else [],
        "elapsed": 10_000 + number,
    }


def junit(run: int, tests: int) -> bytes:
    """A file of the same tests for each `run`, with times of its own."""
    head = f'<testsuites name="Suite {run}"><testsuite name="cart" tests="{tests}">'
    return "".join(
        [head, *_junit_cases(run, tests), "</testsuite></testsuites>"]
    ).encode()


def _junit_cases(run: int, tests: int) -> Iterator[str]:
    for number in range(tests):
        fails = number % FAILS_EVERY == 0
        inside = f'<failure message="expected 0">{TRACE}</failure>' if fails else ""
        yield (
            f'<testcase classname="checkout.cart{number % 25}" '
            f'name="Test {number} does what it says" time="0.{run % 9}{number % 90}">'
            f"{inside}</testcase>"
        )


def ctrf(run: int, tests: int) -> bytes:
    rows = [_ctrf_test(run, number) for number in range(tests)]
    results = {"tool": {"name": "bench"}, "summary": {"tests": tests}, "tests": rows}
    return json.dumps({"reportFormat": "CTRF", "results": results}).encode()


def _ctrf_test(run: int, number: int) -> dict[str, Any]:
    fails = number % FAILS_EVERY == 0
    return {
        "name": f"Test {number} does as CTRF says",
        "suite": ["checkout", f"cart{number % 25}"],
        "status": "failed" if fails else "passed",
        "duration": run + number,
        **({"message": "expected 0", "trace": TRACE} if fails else {}),
    }
