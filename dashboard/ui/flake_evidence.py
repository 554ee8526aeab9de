"""What shows that a test flakes, and what that cost, with the attempts behind it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from dashboard.addresses import of_each
from dashboard.filters import Filters
from dashboard.metrics.flaky import FlakyCase, FlakyTotals
from dashboard.ui import links
from dashboard.ui.number_links import counted
from dashboard.ui.parts import Number, Piece
from dashboard.ui.text.numbers import plural
from dashboard.ui.text.times import duration
from dashboard.ui.text.verdicts import Words, piece, pieces

RETRY, SAME_COMMIT, ALTERNATES = "retry", "same commit", "alternates"


def evidence_tags(flaky: FlakyCase) -> tuple[str, ...]:
    """The kinds of its flake events, the strongest first."""
    events = flaky.events
    # A commit that disagrees proves also what another event holds already.
    is_of_commit = flaky.evidence == "proven" and not events.retry
    kinds = {
        RETRY: events.retry,
        SAME_COMMIT: events.same_commit or is_of_commit,
        ALTERNATES: events.alternating,
    }
    return tuple(kind for kind, is_there in kinds.items() if is_there)


@dataclass(frozen=True, slots=True)
class AttemptLinks:
    """Where the attempts of any one case are, by its id: those that flakiness goes by, all
    and without passes, those that were repeated, and those that lost time.
    """

    decided: Callable[[int], str]
    not_passed: Callable[[int], str]
    retried: Callable[[int], str]
    lost: Callable[[int], str]


def attempt_links(filters: Filters) -> AttemptLinks:
    """A table has hundreds of them, which differ in the case alone."""
    results = partial(links.results_of_flakiness, filters)
    of_each_case = partial(of_each, "case")
    return AttemptLinks(
        decided=of_each_case(partial(results, statuses=links.DECIDED_WORDS)),
        not_passed=of_each_case(partial(results, statuses=links.NOT_PASSED_WORDS)),
        retried=of_each_case(partial(links.retried_attempts, filters)),
        lost=of_each_case(partial(links.lost_attempts, filters)),
    )


def evidence(flaky: FlakyCase, to: AttemptLinks) -> tuple[Piece, ...]:
    """ "3 of 6 runs needed a retry, 1 failed" or "5 of 10 failed": each number leads to
    exactly these attempts.
    """
    decided, failed = to.decided(flaky.case), to.not_passed(flaky.case)
    of = (" of ", piece(counted("executions", flaky.executions, decided)))
    bad = piece(counted("not_passed", flaky.not_passed, failed))
    if not flaky.passed_on_retry and not flaky.not_passed:
        # Its attempts disagreed, and the last of them is undecided.
        return pieces(("passed and failed within a run",))
    if not flaky.passed_on_retry:
        return pieces((bad, *of, " failed"))
    more: Words = (", ", bad, " failed") if flaky.not_passed else ()
    words = " run needed a retry" if flaky.executions == 1 else " runs needed a retry"
    return pieces((retried(flaky, to), *of, words, *more))


def retried(flaky: FlakyCase, to: AttemptLinks) -> Piece:
    """How many runs passed only on retry, with the attempts that did not pass in them."""
    attempts = plural(flaky.retried_attempts, "attempt")
    href = to.retried(flaky.case)
    title = f"of {attempts} that did not pass"
    number = counted("passed_on_retry", flaky.passed_on_retry, href, title=title)
    return piece(number)


def lost_number(flaky: FlakyCase, to: AttemptLinks) -> Number:
    """The time that its flake events lost, with the attempts that lost it."""
    href = to.lost(flaky.case)
    return _lost(flaky.time_lost_ms, flaky.lost_attempts, flaky.unknown_durations, href)


def lost_total(totals: FlakyTotals, filters: Filters) -> Number:
    """The time that all flaky tests lost, likewise."""
    href = links.lost_attempts(filters)
    return _lost(totals.time_lost_ms, totals.attempts, totals.unknown_durations, href)


def _lost(ms: int, attempts: int, unknown: int, href: str) -> Number:
    return Number(
        text=duration(ms),
        metric="time_lost_ms",
        value=ms,
        href=href if attempts else "",
        title=lost_title(attempts, unknown),
    )


def lost_title(attempts: int, unknown: int) -> str:
    """What lost time is made of, and what of it is unknown."""
    of = f"machine time of {plural(attempts, 'attempt')}"
    if not unknown:
        return of
    return f"{of}, {plural(unknown, 'unknown duration')} not counted"
