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
    """Of the same suite, project, kind, source, configuration and branch, the last of
    the 50 that ended last before this one began, or ended where its start is unknown.
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
    alike.sort(key=lambda other: (other.finished_at, other.external_id), reverse=True)
    return next((o.id for o in alike[:50] if is_of_suite(run, o)), None)


def is_of_suite(run: RunRow, other: RunRow) -> bool:
    words = words_of(run)
    if words and words == words_of(other):
        return True
    if "counts" in (run.detail, other.detail):
        totals = sorted(sum(one.totals.values()) for one in (run, other))
        return totals[0] > 0 and Fraction(totals[1], totals[0]) <= Fraction(5, 4)
    own, its = ({row.case for row in one.results} for one in (run, other))
    return bool(own | its) and Fraction(len(own & its), len(own | its)) >= Fraction(
        4, 5
    )


def words_of(run: RunRow) -> list[str]:
    """What the name says, word by word; what tells one run from the next is no word."""
    told = {run.commit.casefold(), run.branch.casefold()}
    kept = []
    for word in "".join(c if c.isalnum() else " " for c in run.name.casefold()).split():
        is_id = len(word) >= 7 and set(word) <= set("0123456789abcdef")
        if word not in told and not is_id:
            letters = "".join(c if c.isalpha() else " " for c in word)
            kept += letters.split()
    return kept


def _kind(run: RunRow) -> tuple[object, ...]:
    return run.project, run.kind, run.source, run.configuration, run.branch
