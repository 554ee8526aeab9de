"""What the database tells about cases that may have flaked, in columns and few rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise, repeat
from typing import Any, NamedTuple

import numpy as np
from django.db.models import Q

from dashboard.column_store.columns import ResultColumns, joined
from dashboard.column_store.selection import ChosenResults
from dashboard.metrics.series_rows import LETTERS, did_not_pass
from dashboard.models import RunJudgement, Verdict
from ingest.contract import RunKind, Status
from ingest.models import DECIDED_CODES, STATUS_CODES


def is_left_out(path: str = "") -> Q:
    """Runs left out of flakiness: outages that nobody put back, and runs that a person
    excluded, from flakiness or from every number. `path` ends in "__" when other rows
    are chosen by their run.
    """
    return is_outage(path) | is_judged_apart(path)


def is_outage(path: str = "") -> Q:
    """Outages that nobody put back."""
    return Q(**{f"{path}is_outage": True}) & ~_judged(path, Verdict.KEPT)


def is_judged_apart(path: str = "") -> Q:
    """Runs that a person excluded, from flakiness or from every number."""
    return _judged(path, Verdict.EXCLUDED, Verdict.UNCOUNTED)


def _judged(path: str, *verdicts: Verdict) -> Q:
    judged = RunJudgement.objects.filter(verdict__in=verdicts).values("run_id")
    return Q(**{f"{path}pk__in": judged})


def automated() -> Q:
    """Runs that series are made of."""
    return Q(kind=RunKind.AUTOMATED) & ~is_left_out()


def may_be_event(results: ResultColumns) -> np.ndarray:
    """No case without such a final result can have an event."""
    found: np.ndarray = did_not_pass(results) | (results.attempts > 1)
    return found


class RepeatedExecution(NamedTuple):
    """An execution of several attempts. `at` is its final's time in microseconds since
    1970; `lost_ms` sums the `lost_attempts` that did not pass or were repeats, of
    which `unknown` have no duration. `outcomes` are the letters P F E of its decided attempts
    in their order; `has_passed`: the final one did.
    """

    case: int
    project: int
    run: int
    at: int
    is_mixed: bool
    is_marked: bool
    lost_ms: int
    unknown: int
    lost_attempts: int
    outcomes: str
    has_passed: bool


def repeated_executions(parts: Iterable[ChosenResults]) -> list[RepeatedExecution]:
    """The executions of several attempts among final results, decided or not."""
    return [told for part in parts for told in _repeated_in(part)]


def _repeated_in(part: ChosenResults) -> Iterator[RepeatedExecution]:
    finals = part.results.chosen(part.is_final & (part.results.attempts > 1))
    if not len(finals):
        return
    executions = _executions(finals)
    finals = finals.chosen(np.argsort(executions))
    before = part.results.chosen(part.is_attempt & ~part.results.is_final)
    before = before.chosen(np.isin(_executions(before), executions))
    attempts = joined([before, finals])
    order = np.lexsort((attempts.attempts, _executions(attempts)))
    attempts = attempts.chosen(order)
    starts = np.flatnonzero(np.diff(_executions(attempts), prepend=-1))
    told = _sums(attempts, starts)
    has_passed = finals.statuses == STATUS_CODES[Status.PASSED]
    yield from map(
        RepeatedExecution._make,
        zip(
            finals.cases.tolist(),
            repeat(part.project),
            finals.runs.tolist(),
            finals.times.tolist(),
            *told,
            _outcomes(attempts, starts),
            has_passed.tolist(),
            # Of what is the same for all there is no end.
            strict=False,
        ),
    )


def _executions(results: ResultColumns) -> np.ndarray:
    """A number for each case in a run; there are less than 2^31 runs."""
    numbers: np.ndarray = results.cases.astype(np.int64) * 2**31 + results.runs
    return numbers


def _sums(attempts: ResultColumns, starts: np.ndarray) -> Iterator[list[Any]]:
    """Of each execution what RepeatedExecution says of its attempts, but their letters."""
    has_passed = attempts.statuses == STATUS_CODES[Status.PASSED]
    has_failed = did_not_pass(attempts)
    is_lost = has_failed | (attempts.attempts > 1)
    is_known = attempts.durations_ms >= 0
    lost_ms = np.where(is_lost & is_known, attempts.durations_ms.astype(np.int64), 0)
    any_of, sum_of = np.logical_or.reduceat, np.add.reduceat
    yield (any_of(has_passed, starts) & any_of(has_failed, starts)).tolist()
    yield any_of(attempts.is_marked_retry, starts).tolist()
    yield sum_of(lost_ms, starts).tolist()
    yield sum_of((is_lost & ~is_known).astype(np.int64), starts).tolist()
    yield sum_of(is_lost.astype(np.int64), starts).tolist()


def _outcomes(attempts: ResultColumns, starts: np.ndarray) -> Iterator[str]:
    is_decided = np.isin(attempts.statuses, DECIDED_CODES)
    letters = LETTERS[attempts.statuses[is_decided]].tobytes().decode()
    ends = np.cumsum(np.add.reduceat(is_decided.astype(np.int64), starts)).tolist()
    for first, end in pairwise([0, *ends]):
        yield letters[first:end]
