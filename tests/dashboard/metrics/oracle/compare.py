"""Two runs side by side, and the chance that they differ by luck."""

from __future__ import annotations

from fractions import Fraction
from math import comb

from tests.dashboard.metrics.oracle.rows import RunRow, executions_of


def categories(base: RunRow, head: RunRow, keys: dict[int, str]) -> dict[str, str]:
    """The category of each case that either run decided, by the case's key."""
    before, after = _outcomes(base, keys), _outcomes(head, keys)
    return {key: _category(before.get(key), after.get(key)) for key in before | after}


def _outcomes(run: RunRow, keys: dict[int, str]) -> dict[str, bool]:
    """Whether each decided case did not pass."""
    return {keys[e.case]: e.is_bad for e in executions_of(run) if e.is_decided}


def _category(was_bad: bool | None, is_bad: bool | None) -> str:
    if is_bad is None:
        return "gone"
    if was_bad is None:
        return "new_failure" if is_bad else "new_pass"
    if was_bad:
        return "still_failing" if is_bad else "fixed"
    return "regression" if is_bad else "still_passing"


def mcnemar(regressions: int, fixes: int) -> Fraction:
    """Two-sided: a fair coin's chance of a split that is at least as uneven."""
    n, fewer = regressions + fixes, min(regressions, fixes)
    as_uneven = [i for i in range(n + 1) if min(i, n - i) <= fewer]
    return Fraction(sum(comb(n, i) for i in as_uneven), 2**n)


def previous(run: RunRow, runs: list[RunRow]) -> int | None:
    """Of the same project, source, configuration and branch, the last that ended
    before this one began, or ended where its start is unknown.
    """
    begins = run.started_at or run.finished_at or run.at
    alike = [
        other
        for other in runs
        if other is not run
        and _kind(other) == _kind(run)
        and other.finished_at is not None
        and other.finished_at < begins
    ]
    ends = [(other.finished_at, other.external_id, other.id) for other in alike]
    return max(ends)[2] if ends else None


def _kind(run: RunRow) -> tuple[object, ...]:
    return run.project, run.source, run.configuration, run.branch
