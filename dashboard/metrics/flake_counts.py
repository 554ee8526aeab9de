"""Flake events and exposure of many cases at once, counted in columns.

`ingest.series.flakes` says of one case the same, and which its events are; a test holds
them against each other. Counting is what takes long where many cases are judged in many
windows, and few of them are looked at.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dashboard.metrics.history_columns import HistoryColumns, Repeats
from ingest.series.outcomes import BREAKAGE_LEAST
from ingest.series.posterior import LEAST_EVENTS, are_flaky


@dataclass(frozen=True, slots=True, kw_only=True)
class FlakeCounts:
    """Of each case, in their order: `k` events in an exposure of `n`, and whether the same
    code was seen to pass and to fail.
    """

    k: np.ndarray
    n: np.ndarray
    is_proven: np.ndarray

    @property
    def is_flaky(self) -> np.ndarray:
        return are_flaky(self.k, self.n, self.is_proven)

    @property
    def may_flake_in_parts(self) -> np.ndarray:
        """Whether it can be flaky in any part of the time. Each mixed run and isolated
        failure of a part is one in all of it, and so is a commit that disagrees, so
        that all others need not be judged again in every window.
        """
        found: np.ndarray = (self.k >= LEAST_EVENTS) | self.is_proven
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class FlakeMarks:
    """Which rows are in breakages, and which hold an event: `isolated` are the first and
    the last rows of isolated failures; `commits` has by the number of a commit the case
    whose results disagree on it, -1 where they do not, and `is_event` whether that is one.
    `undecided` are the mixed runs that are no row.
    """

    is_broken: np.ndarray
    is_holding: np.ndarray
    isolated: tuple[np.ndarray, np.ndarray]
    commits: np.ndarray
    is_event: np.ndarray
    undecided: Repeats


def flake_marks(of: HistoryColumns) -> FlakeMarks:
    undecided = of.repeats.chosen(of.repeats.is_undecided)
    isolated, is_broken = _streaks(of)
    is_holding = of.is_mixed.copy()
    for ends in isolated:
        is_holding[ends] = True
    commits, is_event = _commits(of, is_holding, undecided.commits)
    is_holding |= (of.commits >= 0) & np.append(is_event, False)[of.commits]
    return FlakeMarks(
        is_broken=is_broken,
        is_holding=is_holding,
        isolated=isolated,
        commits=commits,
        is_event=is_event,
        undecided=undecided,
    )


def flake_counts(of: HistoryColumns, marks: FlakeMarks | None = None) -> FlakeCounts:
    """k = mixed runs + isolated failures + one for each commit in a configuration whose
    results disagree and that holds no event yet. n = results outside of breakages, and
    each run that holds an event, once.
    """
    found, number = marks or flake_marks(of), len(of.case_ids)
    commits, undecided = found.commits, found.undecided
    events = [of.cases[of.is_mixed], of.cases[found.isolated[0]], undecided.cases]
    proofs = [of.cases[of.is_marked], undecided.cases[undecided.is_marked]]
    exposed = [of.cases[~found.is_broken | found.is_holding], undecided.cases]
    return FlakeCounts(
        k=count([*events, commits[found.is_event]], number),
        n=count(exposed, number),
        is_proven=count([*proofs, commits[commits >= 0]], number) > 0,
    )


def count(cases: Sequence[np.ndarray], number: int) -> np.ndarray:
    """How often each case is named."""
    return np.bincount(np.concatenate(cases), minlength=number)


def _streaks(of: HistoryColumns) -> tuple[tuple[np.ndarray, np.ndarray], np.ndarray]:
    """The first and the last rows of isolated failures, and which rows are in breakages;
    see `ingest.series.outcomes`.
    """
    is_bad = of.is_bad
    begins = np.diff(of.series, prepend=-1) != 0
    ends = np.append(begins[1:], True)[: len(begins)]
    after_bad = np.append(False, is_bad[:-1])[: len(is_bad)] & ~begins
    before_bad = np.append(is_bad[1:], False)[: len(is_bad)] & ~ends
    first, last = (
        np.flatnonzero(is_bad & ~after_bad),
        np.flatnonzero(is_bad & ~before_bad),
    )
    is_long, at_end = last - first + 1 >= BREAKAGE_LEAST, ends[last]
    is_breakage = at_end | (is_long & ~begins[first])
    # A short one has no row between its first and its last.
    is_apart = ~(of.is_mixed[first] | of.is_mixed[last])
    is_isolated = ~at_end & ~begins[first] & ~is_long & is_apart
    changes = np.zeros(len(is_bad) + 1, dtype=np.int8)
    changes[first[is_breakage]] += 1
    changes[last[is_breakage] + 1] -= 1
    is_broken = np.cumsum(changes[:-1]) > 0
    return (first[is_isolated], last[is_isolated]), is_broken


def _commits(
    of: HistoryColumns, is_holding: np.ndarray, of_undecided: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """By the number of a commit: the case whose results disagree on it, -1 where they do
    not; and whether that is an event, as none of its runs holds one.
    """
    rows = np.flatnonzero(of.commits >= 0)
    numbers = of.commits[rows]
    known = int(max(numbers.max(initial=-1), of_undecided.max(initial=-1))) + 1
    bad = np.bincount(numbers[of.is_bad[rows]], minlength=known)
    disagrees = (bad > 0) & (bad < np.bincount(numbers, minlength=known))
    is_held = np.bincount(numbers[is_holding[rows]], minlength=known) > 0
    is_held[of_undecided[of_undecided >= 0]] = True
    cases = np.full(known, -1, dtype=np.int64)
    cases[numbers] = of.cases[rows]
    cases[~disagrees] = -1
    return cases, disagrees & ~is_held
