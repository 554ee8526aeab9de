"""What became of flaky cases: which are new, which get worse, which have settled."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil, log

from dashboard.filters import Filters, Window
from dashboard.filters.state import BEGINNING
from dashboard.metrics.flaky import FlakyCase, judged, ranked
from dashboard.metrics.histories import CaseHistory, histories

WEEK = timedelta(days=7)
# First events are looked for at least this far back.
LOOKED_BACK = timedelta(days=90)
DOUBT = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class FlakyStates:
    """Flaky cases of a window beside what they were before it, by the id of the case.

    `settled` are the figures, in this window, of those that have settled; `before` the
    figures of the window before of those and of the flaky ones; `first_seen` the times
    of their first events within LOOKED_BACK, or both windows where those are longer.
    """

    new: frozenset[int]
    worse: frozenset[int]
    settled: tuple[FlakyCase, ...]
    before: Mapping[int, FlakyCase]
    first_seen: Mapping[int, datetime]


def flaky_states(filters: Filters, window: Window | None = None) -> FlakyStates:
    """Of the cases that are flaky in the window or were in the one before.

    New: flaky, and not in the window of the same length that ended seven days earlier.
    Worse: flaky, at a rate above the interval of the window before. Settled: flaky in
    the window before, and in this one all results passed at the first attempt. The rows
    are read once for all windows.
    """
    asked = window or filters.window()
    found = histories(filters, _reach(asked))
    flaky = {case.case: case for case in _with_events(found, asked) if case.is_flaky}
    were = _flaky(found, asked.previous)
    a_week_ago = _flaky(found, _earlier(asked, WEEK))
    told = [one for one in found if one.case in were or one.case in flaky]
    before = _figures(told, asked.previous)
    now = _figures([one for one in told if one.case in were], asked)
    settled = ranked(case for case in now.values() if _only_passes(case))
    firsts = {case.case: case.first_event_at for case in judged(told)}
    return FlakyStates(
        new=frozenset(flaky.keys() - a_week_ago),
        worse=frozenset(
            case for case in flaky if _worse(flaky[case], before.get(case))
        ),
        settled=tuple(settled),
        before=before,
        first_seen={case: at for case, at in firsts.items() if at is not None},
    )


def passes_needed(rate: float) -> int | None:
    """Passes in a row that a case of this flake rate would reach by chance in 5 % only:
    ceil(ln 0.05 / ln(1 - rate)). None for a rate of 0, which nothing can disprove.
    """
    if rate <= 0:
        return None
    return 1 if rate >= 1 else ceil(log(DOUBT) / log(1 - rate))


def _reach(window: Window) -> Window:
    """From the beginning of all that is compared."""
    back = min(window.previous.since, _earlier(window, WEEK).since)
    until = window.until
    looked_back = until - LOOKED_BACK if until - BEGINNING > LOOKED_BACK else BEGINNING
    return Window(since=min(back, looked_back), until=until)


def _earlier(window: Window, length: timedelta) -> Window:
    since = BEGINNING if window.since - BEGINNING < length else window.since - length
    until = BEGINNING if window.until - BEGINNING < length else window.until - length
    return Window(since=since, until=until)


def _cut(found: Iterable[CaseHistory], window: Window) -> list[CaseHistory]:
    cut = (one.cut(window) for one in found)
    return [one for one in cut if one is not None]


def _with_events(found: Iterable[CaseHistory], window: Window) -> list[FlakyCase]:
    return judged(_cut(found, window))


def _flaky(found: Iterable[CaseHistory], window: Window) -> set[int]:
    return {case.case for case in _with_events(found, window) if case.is_flaky}


def _figures(found: Iterable[CaseHistory], window: Window) -> dict[int, FlakyCase]:
    """Of all of them that have a series there, with events or without."""
    return {case.case: case for case in judged(_cut(found, window), with_clean=True)}


def _only_passes(case: FlakyCase) -> bool:
    return bool(case.executions) and not (case.k or case.not_passed)


def _worse(now: FlakyCase, before: FlakyCase | None) -> bool:
    return before is not None and before.n > 0 and now.rate > before.high
