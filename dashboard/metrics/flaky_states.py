"""What became of flaky cases: which are new, which get worse, which have settled."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from dashboard.filters import Filters, Window
from dashboard.filters.state import BEGINNING
from dashboard.metrics.flake_analysis import histories_that_may_flake
from dashboard.metrics.flake_counts import flake_counts
from dashboard.metrics.flake_figures import first_events, flaky_cases_of, proofs_of
from dashboard.metrics.flaky import FlakyCase, in_rank_order
from dashboard.metrics.histories import Histories, histories
from ingest.series.proof import Proof

WEEK = timedelta(days=7)
# First events are looked for at least this far back.
LOOKED_BACK = timedelta(days=90)


@dataclass(frozen=True, slots=True, kw_only=True)
class FlakyStates:
    """Flaky cases of a window beside what they were before it, by the id of the case.

    `flaky` are the flaky ones, as `flaky_cases` gives them. `settled` are the figures, in this window, of those that have settled, `proofs` how
    many passes in a row they have and need. `before` are the figures of the window
    before, `first_seen` the times of the first events within LOOKED_BACK, or within
    both windows where those are longer, of these and of the flaky ones.
    """

    flaky: tuple[FlakyCase, ...]
    new: frozenset[int]
    worse: frozenset[int]
    settled: tuple[FlakyCase, ...]
    proofs: Mapping[int, Proof]
    before: Mapping[int, FlakyCase]
    first_seen: Mapping[int, datetime]


def flaky_states(filters: Filters, window: Window | None = None) -> FlakyStates:
    """Of the cases that are flaky in the window or were in the one before.

    New: flaky, and not in the window of the same length that ended seven days earlier.
    Worse: flaky, at a rate above the interval of the window before. Settled: it ran in
    the window, and either it was flaky before and now all results passed at the first
    attempt, or it has since its last event as many passes in a row as prove a fix. The
    rows are read once for all windows.
    """
    return states_in_rank_order(
        states_without_names(filters, window or filters.window())
    )


def states_in_rank_order(states: FlakyStates) -> FlakyStates:
    """The same with its cases named and in order."""
    flaky, settled = _ids(states.flaky), _ids(states.settled)
    cases = {case.case: case for case in (*states.flaky, *states.settled)}
    in_order = in_rank_order(cases.values())
    return replace(
        states,
        flaky=tuple(case for case in in_order if case.case in flaky),
        settled=tuple(case for case in in_order if case.case in settled),
    )


def _ids(cases: Iterable[FlakyCase]) -> set[int]:
    return {case.case for case in cases}


def states_without_names(filters: Filters, window: Window) -> FlakyStates:
    """The same, what is flaky and what has settled without order and names."""
    found = histories_that_may_flake(histories(filters, reach(window)))
    return states_of(found, window)


def states_of(found: Histories, window: Window) -> FlakyStates:
    """The same from what all that may flake have in the reach of the window."""
    flaky, were = _flaky(found, window), _flaky(found, window.previous)
    a_week_ago = _flaky(found.of_cases(flaky), _earlier(window, WEEK))
    those = found.of_cases(flaky | were)
    figures, figures_before = _figures(those, window), _figures(those, window.previous)
    proofs = proofs_of(those.cut(_both(window)).columns)
    settled = [
        case
        for case in figures.values()
        if case.executions and _has_settled(case, case.case in were, proofs)
    ]
    return FlakyStates(
        flaky=tuple(case for case in figures.values() if case.is_flaky),
        new=frozenset(flaky - a_week_ago),
        worse=frozenset(
            case for case in flaky if _is_worse(figures[case], figures_before.get(case))
        ),
        settled=tuple(settled),
        proofs={case.case: proofs[case.case] for case in settled},
        before=figures_before,
        first_seen=first_events(those),
    )


def _both(window: Window) -> Window:
    return Window(since=window.previous.since, until=window.until)


def reach(window: Window) -> Window:
    """From the beginning of all that is compared."""
    back = min(window.previous.since, _earlier(window, WEEK).since)
    looked_back = _before(window.until, LOOKED_BACK)
    return Window(since=min(back, looked_back), until=window.until)


def _earlier(window: Window, length: timedelta) -> Window:
    return Window(
        since=_before(window.since, length), until=_before(window.until, length)
    )


def _before(moment: datetime, length: timedelta) -> datetime:
    return BEGINNING if moment - BEGINNING < length else moment - length


def _flaky(found: Histories, window: Window) -> set[int]:
    there = found.cut(window)
    return {*there.columns.case_ids[flake_counts(there.columns).is_flaky].tolist()}


def _figures(found: Histories, window: Window) -> dict[int, FlakyCase]:
    """By case, of those that have a series there, with events or without."""
    there = flaky_cases_of(found.cut(window), with_clean=True)
    return {case.case: case for case in there}


def _has_settled(now: FlakyCase, was_flaky: bool, proofs: Mapping[int, Proof]) -> bool:
    proof = proofs.get(now.case)
    if proof is None:
        return False
    return proof.is_proven or (was_flaky and not (now.k or now.not_passed))


def _is_worse(now: FlakyCase, before: FlakyCase | None) -> bool:
    return before is not None and before.n > 0 and now.rate > before.high
