"""The sentence that opens the page of one test."""

from __future__ import annotations

import re

from dashboard.metrics.flake_events import most_said
from dashboard.metrics.flaky import FlakyCase
from dashboard.metrics.rates import decided_count, not_passed_count
from dashboard.pages.cases.page_data import PageData
from dashboard.ui import links
from dashboard.ui.flake_evidence import attempt_links, retried
from dashboard.ui.parts import Piece, Verdict
from dashboard.ui.text.numbers import count, percent_above, plural
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
    """The first sentence that applies: undecided, flaky, failing now, failing when last
    run, failed before, never.
    """
    decided, not_passed = decided_count(data.counts), not_passed_count(data.counts)
    if not decided:
        return compose_verdict(
            "run", ("No result of this test was decided in this time.",)
        )
    if data.flakiness and data.flakiness.is_flaky:
        return _flaky(data, data.flakiness)
    if data.streak:
        fact = f"Failing for {plural(data.streak.streak, 'run')}{_mostly(data)}."
        since, href = (
            data.clock.moment(data.streak.since),
            links.run(data.streak.since_run),
        )
        where = f" in {data.failed_in}" if data.failed_in else ""
        rest = (" Since ", Piece(text=since, href=href), f"{where}.")
        return compose_verdict("fail", (fact,), (*rest, *_elsewhere(data)))
    if data.failed:
        runs = plural(data.failed.streak, "run")
        fact = f"Failed when last run, {runs} in a row{_mostly(data)}."
        where = f" in {data.failed_in}" if data.failed_in else ""
        end = f" Nobody runs it{where} any more."
        return compose_verdict("fail", (fact,), (end, *_elsewhere(data)))
    if not_passed:
        times = plural(not_passed, "time")
        fact = f"Passes now, failed {times} in {plural(decided, 'decided result')}."
        return compose_verdict("pass", (fact,), _events(data) or _bound(data))
    fact = f"Passed every time in {plural(decided, 'decided result')}"
    if data.flakiness and data.flakiness.passed_on_retry:
        fact += f", {count(data.flakiness.passed_on_retry)} of them on retry"
    return compose_verdict("pass", (f"{fact}.",), _events(data) or _bound(data))


def _flaky(data: PageData, flaky: FlakyCase) -> Verdict:
    """On what its flake events show: retries that passed, else failures, else attempts
    that disagreed in runs that ended undecided.
    """
    decided, not_passed = decided_count(data.counts), not_passed_count(data.counts)
    are_retries = 2 * flaky.passed_on_retry > flaky.k
    if are_retries or (flaky.passed_on_retry and not not_passed):
        return _needs_retries(data, flaky)
    if not_passed:
        fact = f"Fails {how_often(not_passed, decided)}{_mostly(data)}."
        return compose_verdict("flaky", (fact,), _elsewhere(data))
    runs = plural(flaky.k, "run")
    fact = f"Passed and failed within {runs}, and failed in no other."
    return compose_verdict("flaky", (fact,), _elsewhere(data))


def _needs_retries(data: PageData, flaky: FlakyCase) -> Verdict:
    """ "Needs a retry about every second run, and passes then: 3 of 6 runs, …"."""
    often = how_often(flaky.passed_on_retry, flaky.executions, "run")
    of = f" of {plural(flaky.executions, 'run')}"
    number = retried(flaky, attempt_links(data.state.filters))
    rest = (" and passes then: ", number, f"{of}{_mostly_before_retries(data)}.")
    more: Words = ()
    if flaky.not_passed:
        more = (f" It failed for good in {plural(flaky.not_passed, 'run')}.",)
    return compose_verdict(
        "flaky", (f"Needs a retry {often},",), (*rest, *more, *_elsewhere(data))
    )


def how_often(number: int, of: int, what: str = "time") -> str:
    """ "about every third time", "nearly every time", "about once in 25 times"; of
    something that did happen.
    """
    if number * 10 >= of * 8:
        return f"every {what}" if number == of else f"nearly every {what}"
    if number * 3 > of * 2:
        return f"two {what}s out of three"
    each = round(of / number)
    if each < len(_ORDINALS):
        return f"about every {_ORDINALS[max(each, 2)]} {what}"
    return f"about once in {each:,} {'results' if what == 'time' else f'{what}s'}"


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
    return _on_the_same(largest.message, largest.share)


def _mostly_before_retries(data: PageData) -> str:
    """On what the attempts of its flake events fail, likewise."""
    message, share = most_said(data.in_events, data.said or {})
    return _on_the_same(message, share) if message and share > MOSTLY else ""


def _on_the_same(message: str, share: float) -> str:
    how = "always" if share == 1 else "mostly"
    return f", {how} on the same {kind_of(message)}"


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
