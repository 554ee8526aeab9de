"""The sentence that opens the page of one test."""

from __future__ import annotations

import re

from dashboard.metrics.rates import decided_count, not_passed_count
from dashboard.pages.cases.page_data import PageData
from dashboard.ui import links
from dashboard.ui.parts import Piece, Verdict
from dashboard.ui.text.numbers import percent_above, plural
from dashboard.ui.text.verdicts import Words, compose_verdict

# One message behind more of the failures than this is what the test fails on.
MOSTLY = 0.6
_ORDINALS = (
    *("", "", "second", "third", "fourth", "fifth", "sixth"),
    *("seventh", "eighth", "ninth", "tenth"),
)
_KINDS = (
    (r"time[ds]?[ -]?out|timeout", "timeout"),
    (r"assert|expect", "assertion"),
    (r"connection|network|ECONN|DNS|socket", "connection error"),
    (r"locator|selector|element", "missing element"),
)


def case_verdict(data: PageData) -> Verdict:
    """The first sentence that applies: undecided, flaky, failing, failed before, never."""
    decided, not_passed = decided_count(data.counts), not_passed_count(data.counts)
    if not decided:
        return compose_verdict(
            "run", ("No result of this test was decided in this time.",)
        )
    if data.flakiness and data.flakiness.is_flaky:
        fact = f"Fails {how_often(not_passed, decided)}{_mostly(data)}."
        return compose_verdict("flaky", (fact,), _elsewhere(data))
    if data.streak:
        fact = f"Failing for {plural(data.streak.streak, 'run')}{_mostly(data)}."
        since, href = (
            data.clock.moment(data.streak.since),
            links.run(data.streak.since_run),
        )
        rest = (" Since ", Piece(text=since, href=href), ".", *_elsewhere(data))
        return compose_verdict("fail", (fact,), rest)
    if not_passed:
        times = plural(not_passed, "time")
        fact = f"Passes now, failed {times} in {plural(decided, 'decided result')}."
        return compose_verdict("pass", (fact,), _events(data) or _bound(data))
    fact = f"Passed every time in {plural(decided, 'decided result')}."
    return compose_verdict("pass", (fact,), _bound(data))


def how_often(not_passed: int, decided: int) -> str:
    """ "about every third time", "nearly every time", "about once in 25 results"."""
    if not_passed * 10 >= decided * 8:
        return "every time" if not_passed == decided else "nearly every time"
    if not_passed * 3 > decided * 2:
        return "two times out of three"
    each = round(decided / not_passed) if not_passed else decided
    if each < len(_ORDINALS):
        return f"about every {_ORDINALS[max(each, 2)]} time"
    return f"about once in {plural(each, 'result')}" if not_passed else "now and then"


def kind_of(message: str) -> str:
    """What a message is about, as one noun: "timeout", "assertion", … or "message"."""
    first = message.strip().partition("\n")[0]
    kinds = (word for rule, word in _KINDS if re.search(rule, first, re.IGNORECASE))
    return next(kinds, "message")


def _mostly(data: PageData) -> str:
    """On what it fails, where most of its failures say the same."""
    # Silence is no message that failures would share.
    groups = [group for group in data.groups or () if group.signature]
    largest = max(groups, key=lambda group: group.results, default=None)
    if largest is None or largest.share <= MOSTLY or not_passed_count(data.counts) < 2:
        return ""
    how = "always" if largest.share == 1 else "mostly"
    return f", {how} on the same {kind_of(largest.message)}"


def _events(data: PageData) -> Words:
    if not (data.flakiness and data.flakiness.k):
        return ()
    few = plural(data.flakiness.k, "flake event")
    return (f" {few}, too few to call it flaky.",)


def _bound(data: PageData) -> Words:
    if data.flakiness is None or data.flakiness.upper_bound is None:
        return ()
    bound = percent_above(data.flakiness.upper_bound)
    return (f" No flake seen: its flake rate is below {bound} (95 %).",)


def _elsewhere(data: PageData) -> Words:
    tools = data.same_tests.passing_elsewhere if data.same_tests else ()
    if not tools:
        return ()
    commas = [part for tool in tools[:-1] for part in (", ", tool)][1:]
    ands = (" and ", tools[-1]) if commas else (tools[-1],)
    return (" The same test passes in ", *commas, *ands, ".")
