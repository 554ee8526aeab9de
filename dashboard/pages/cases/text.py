"""The sentence that opens the page of one test."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from dashboard.ui.parts import Piece, Sentence, Verdict
from dashboard.ui.text.numbers import percent, plural

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


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFacts:
    """What the sentence is made of: decided final results and those not passed, the
    present streak of failures, the flake rate's `upper_bound` where there is no event,
    the message of the largest group of failures with its share of them.
    """

    decided: int
    not_passed: int
    streak: int
    since: Piece | None
    is_flaky: bool
    events: int
    upper_bound: float | None
    message: str = ""
    message_share: float = 0.0
    passing_elsewhere: Sequence[Piece] = ()


def case_verdict(facts: CaseFacts) -> Verdict:
    """The first sentence that applies: undecided, flaky, failing, failed before, never."""
    if not facts.decided:
        return _verdict("run", "No result of this test was decided in this time.")
    elsewhere = _elsewhere(facts)
    if facts.is_flaky:
        fact = f"Fails {how_often(facts.not_passed, facts.decided)}{_mostly(facts)}."
        return _verdict("flaky", fact, *elsewhere)
    if facts.streak:
        return _failing(facts, elsewhere)
    if facts.not_passed:
        return _mended(facts)
    fact = f"Passed every time in {plural(facts.decided, 'decided result')}."
    return _verdict("pass", fact, *_bound(facts))


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
    found = (word for rule, word in _KINDS if re.search(rule, first, re.IGNORECASE))
    return next(found, "message")


def _mostly(facts: CaseFacts) -> str:
    if facts.message_share <= MOSTLY or facts.not_passed < 2 or not facts.message:
        return ""
    how = "always" if facts.message_share == 1 else "mostly"
    return f", {how} on the same {kind_of(facts.message)}"


def _failing(facts: CaseFacts, elsewhere: Sequence[Piece]) -> Verdict:
    fact = f"Failing for {plural(facts.streak, 'run')}{_mostly(facts)}."
    since = (Piece(text=" Since "), facts.since, Piece(text="."))
    rest = [piece for piece in since if piece] if facts.since else []
    return _verdict("fail", fact, *rest, *elsewhere)


def _mended(facts: CaseFacts) -> Verdict:
    times = plural(facts.not_passed, "time")
    fact = f"Passes now, failed {times} in {plural(facts.decided, 'decided result')}."
    if facts.events:
        few = plural(facts.events, "flake event")
        return _verdict("pass", fact, Piece(text=f" {few}, too few to call it flaky."))
    return _verdict("pass", fact, *_bound(facts))


def _bound(facts: CaseFacts) -> tuple[Piece, ...]:
    if facts.upper_bound is None:
        return ()
    bound = percent(facts.upper_bound)
    return (Piece(text=f" No flake seen: its flake rate is below {bound} (95 %)."),)


def _elsewhere(facts: CaseFacts) -> tuple[Piece, ...]:
    tools = [*facts.passing_elsewhere]
    if not tools:
        return ()
    *most, last = tools
    joined: list[Piece] = []
    for place, tool in enumerate(most):
        joined += [Piece(text=", ")] if place else []
        joined.append(tool)
    joined += [Piece(text=" and "), last] if most else [last]
    return (Piece(text=" The same test passes in "), *joined, Piece(text="."))


def _verdict(glyph: str, fact: str, *rest: Piece) -> Verdict:
    sentence = Sentence(bold=(Piece(text=fact),), rest=tuple(rest))
    return Verdict(glyph=glyph, sentence=sentence)
