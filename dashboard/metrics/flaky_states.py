"""What became of flaky cases: which are new, which get worse, which have settled."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from dashboard.column_store.numbers import is_among
from dashboard.filters import Filters, Window
from dashboard.filters.state import BEGINNING
from dashboard.metrics.flake_analysis import histories_that_may_flake
from dashboard.metrics.flake_counts import FlakeMarks, flake_counts, flake_marks
from dashboard.metrics.flake_figures import first_events, flaky_columns, proofs_of
from dashboard.metrics.flaky_columns import FlakyColumns, places_in
from dashboard.metrics.flaky_moments import Columns, Moments, Proofs, chosen_by_case
from dashboard.metrics.histories import Histories, histories

WEEK = timedelta(days=7)
# First events are looked for at least this far back.
LOOKED_BACK = timedelta(days=90)


@dataclass(frozen=True, slots=True, kw_only=True)
class FlakyStates:
    """Flaky cases of a window beside what they were before it, by the id of the case and
    without their names.

    `flaky` are the flaky ones. `settled` are the figures, in this window, of those that
    have settled, `proofs` how many passes in a row they have and need. `before` are the
    figures of the window before, `first_seen` the times of the first events within
    LOOKED_BACK, or within both windows where those are longer, of these and of the flaky
    ones.
    """

    flaky: FlakyColumns
    new: frozenset[int]
    worse: frozenset[int]
    settled: FlakyColumns
    proofs: Proofs
    before: FlakyColumns
    first_seen: Moments


def flaky_states(filters: Filters, window: Window | None = None) -> FlakyStates:
    """Of the cases that are flaky in the window or were in the one before.

    New: flaky, and not in the window of the same length that ended seven days earlier.
    Worse: flaky, at a rate above the interval of the window before. Settled: it ran in
    the window, and either it was flaky before and now all results passed at the first
    attempt, or it has since its last event as many passes in a row as prove a fix. The
    rows are read once for all windows.
    """
    asked = window or filters.window()
    found = histories_that_may_flake(histories(filters, reach(asked)))
    return states_of(found, asked)


def states_of(found: Histories, window: Window) -> FlakyStates:
    """The same from what all that may flake have in the reach of the window."""
    now, before = (
        flaky_columns(found.cut(one), with_clean=True)
        for one in (window, window.previous)
    )
    flaky, were = now.cases[now.is_flaky], before.cases[before.is_flaky]
    those = np.union1d(flaky, were)
    marks = flake_marks(found.columns)
    proofs = _of_those(_proofs(found, window, marks), those)
    figures, figures_before = (
        of.chosen(is_among(of.cases, those)) for of in (now, before)
    )
    has_settled = (figures.executions > 0) & _has_settled(figures, were, proofs)
    settled = figures.chosen(has_settled)
    is_worse = figures.is_flaky & _is_worse(figures, figures_before)
    return FlakyStates(
        flaky=figures.chosen(figures.is_flaky),
        new=frozenset(np.setdiff1d(flaky, _a_week_ago(found, window)).tolist()),
        worse=frozenset(figures.cases[is_worse].tolist()),
        settled=settled,
        proofs=_of_those(proofs, settled.cases),
        before=figures_before,
        first_seen=_of_those(first_events(found.columns, marks), those),
    )


def _of_those(of: Columns, cases: np.ndarray) -> Columns:
    return chosen_by_case(of, is_among(of.cases, cases))


def _proofs(found: Histories, window: Window, marks: FlakeMarks) -> Proofs:
    """From both windows, which mostly are all that was read."""
    there = found.cut(_both(window)).columns
    return proofs_of(there, marks if there is found.columns else flake_marks(there))


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


def _a_week_ago(found: Histories, window: Window) -> np.ndarray:
    """The ids of those that were flaky in the window that ended then."""
    there = found.cut(_earlier(window, WEEK)).columns
    ids: np.ndarray = there.case_ids[flake_counts(there).is_flaky]
    return ids


def _has_settled(now: FlakyColumns, were: np.ndarray, proofs: Proofs) -> np.ndarray:
    place, has_proof = places_in(proofs.cases, now.cases)
    is_proven = np.append(proofs.is_proven, False)[place]
    is_clean = (now.k == 0) & (now.not_passed == 0)
    found: np.ndarray = has_proof & (is_proven | (np.isin(now.cases, were) & is_clean))
    return found


def _is_worse(now: FlakyColumns, before: FlakyColumns) -> np.ndarray:
    place, was_there = places_in(before.cases, now.cases)
    ran = np.append(before.n, 0)[place] > 0
    found: np.ndarray = (
        was_there & ran & (now.rate > np.append(before.high, 1.0)[place])
    )
    return found
