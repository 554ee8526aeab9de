"""What became of flaky cases: which are new, which get worse, which have settled."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from dashboard.filters import Filters, Window
from dashboard.filters.state import BEGINNING
from dashboard.metrics.flaky import FlakyCase, judged, ranked
from dashboard.metrics.histories import CaseHistory, histories, in_window
from dashboard.metrics.kept import Figure, kept
from dashboard.metrics.proof import proof_of_fix
from ingest.series.proof import Proof

WEEK = timedelta(days=7)
# First events are looked for at least this far back.
LOOKED_BACK = timedelta(days=90)


@dataclass(frozen=True, slots=True, kw_only=True)
class FlakyStates:
    """Flaky cases of a window beside what they were before it, by the id of the case.

    `settled` are the figures, in this window, of those that have settled, `proofs` how
    many passes in a row they have and need. `before` are the figures of the window
    before, `first_seen` the times of the first events within LOOKED_BACK, or within
    both windows where those are longer, of these and of the flaky ones.
    """

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
    if window is None or window == filters.window():
        states = kept(FLAKY_STATES, filters)
    else:
        states = _states(filters, window)
    return replace(states, settled=tuple(ranked(states.settled)))


def _states(filters: Filters, asked: Window) -> FlakyStates:
    """The same, what has settled without order and names."""
    found = histories(filters, _reach(asked))
    flaky = {case.case: case for case in _flaky(found, asked)}
    were = {case.case for case in _flaky(found, asked.previous)}
    a_week_ago = {case.case for case in _flaky(found, _earlier(asked, WEEK))}
    told = [one for one in found if one.case in were or one.case in flaky]
    before, now = _figures(told, asked.previous), _figures(told, asked)
    proofs = _proofs(in_window(told, _both(asked)))
    settled = [
        case
        for case in now.values()
        if case.executions and _has_settled(case, case.case in were, proofs)
    ]
    firsts = {case.case: case.first_event_at for case in judged(told)}
    return FlakyStates(
        new=frozenset(flaky.keys() - a_week_ago),
        worse=frozenset(
            case for case in flaky if _is_worse(flaky[case], before.get(case))
        ),
        settled=tuple(settled),
        proofs={case.case: proofs[case.case] for case in settled},
        before=before,
        first_seen={case: at for case, at in firsts.items() if at is not None},
    )


def _joined(several: Sequence[FlakyStates]) -> FlakyStates:
    settled = [case for one in several for case in one.settled]
    return FlakyStates(
        new=frozenset().union(*(one.new for one in several)),
        worse=frozenset().union(*(one.worse for one in several)),
        settled=tuple(sorted(settled, key=lambda case: case.case)),
        proofs=dict(item for one in several for item in one.proofs.items()),
        before=dict(item for one in several for item in one.before.items()),
        first_seen=dict(item for one in several for item in one.first_seen.items()),
    )


FLAKY_STATES = Figure(
    name="flaky states",
    kind=FlakyStates,
    compute=lambda filters: _states(filters, filters.window()),
    join=_joined,
    edges=(WEEK, LOOKED_BACK),
)


def _both(window: Window) -> Window:
    return Window(since=window.previous.since, until=window.until)


def _reach(window: Window) -> Window:
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


def _flaky(found: Sequence[CaseHistory], window: Window) -> list[FlakyCase]:
    return [case for case in judged(in_window(found, window)) if case.is_flaky]


def _figures(found: Sequence[CaseHistory], window: Window) -> dict[int, FlakyCase]:
    """Of all of them that have a series there, with events or without."""
    inside = judged(in_window(found, window), with_clean=True)
    return {case.case: case for case in inside}


def _proofs(found: Iterable[CaseHistory]) -> dict[int, Proof]:
    proofs = {one.case: proof_of_fix(one) for one in found}
    return {case: proof for case, proof in proofs.items() if proof is not None}


def _has_settled(now: FlakyCase, was_flaky: bool, proofs: Mapping[int, Proof]) -> bool:
    proof = proofs.get(now.case)
    if proof is None:
        return False
    return proof.is_proven or (was_flaky and not (now.k or now.not_passed))


def _is_worse(now: FlakyCase, before: FlakyCase | None) -> bool:
    return before is not None and before.n > 0 and now.rate > before.high
