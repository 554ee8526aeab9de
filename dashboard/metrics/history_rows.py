"""What the database tells about cases that may have flaked, in columns and few rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import NamedTuple

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

    run: int
    at: int
    is_mixed: bool
    is_marked: bool
    has_passed: bool
    lost_ms: int
    lost_unknown: int
    lost_attempts: int
    outcomes: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatedExecutions:
    """The same of many in columns, each of a case: `bad_attempts` of the decided ones did
    not pass. The letters of one are those of all from its `begins` to its `ends`.
    """

    cases: np.ndarray
    runs: np.ndarray
    times: np.ndarray
    is_mixed: np.ndarray
    is_marked: np.ndarray
    has_passed: np.ndarray
    lost_ms: np.ndarray
    lost_unknown: np.ndarray
    lost_attempts: np.ndarray
    bad_attempts: np.ndarray
    begins: np.ndarray
    ends: np.ndarray
    letters: bytes


OF_REPEATED = tuple(
    field.name for field in fields(RepeatedExecutions) if field.name != "letters"
)


def repeated_executions(parts: Iterable[ChosenResults]) -> RepeatedExecutions:
    """The executions of several attempts among final results, decided or not, by case and
    run.
    """
    told = [_repeated_in(part) for part in parts]
    finals, before = (joined(of) for of in zip(*told, strict=True)) if told else _NONE
    executions = _executions(finals)
    finals = finals.chosen(np.argsort(executions))
    attempts = joined([before.chosen(np.isin(_executions(before), executions)), finals])
    order = np.lexsort((attempts.attempts, _executions(attempts)))
    attempts = attempts.chosen(order)
    starts = np.flatnonzero(np.diff(_executions(attempts), prepend=-1))
    is_decided = np.isin(attempts.statuses, DECIDED_CODES)
    decided_before = np.cumsum(np.append(0, is_decided))
    places = np.append(starts, len(attempts))
    return RepeatedExecutions(
        cases=finals.cases.astype(np.int64),
        runs=finals.runs.astype(np.int64),
        times=finals.times.astype(np.int64),
        has_passed=finals.statuses == STATUS_CODES[Status.PASSED],
        begins=decided_before[places[:-1]],
        ends=decided_before[places[1:]],
        letters=LETTERS[attempts.statuses[is_decided]].tobytes(),
        **_sums(attempts, starts),
    )


_NONE = joined([]), joined([])


def _repeated_in(part: ChosenResults) -> tuple[ResultColumns, ResultColumns]:
    """Finals behind other attempts, and all that are not final."""
    results = part.results
    is_repeat = part.is_final & (results.attempts > 1)
    if not is_repeat.any():
        return _NONE
    return results.chosen(is_repeat), results.chosen(
        part.is_attempt & ~results.is_final
    )


def _executions(results: ResultColumns) -> np.ndarray:
    """A number for each case in a run; there are less than 2^31 runs."""
    numbers: np.ndarray = results.cases.astype(np.int64) * 2**31 + results.runs
    return numbers


def _sums(attempts: ResultColumns, starts: np.ndarray) -> dict[str, np.ndarray]:
    """Of each execution what is told of its attempts together."""
    has_passed = attempts.statuses == STATUS_CODES[Status.PASSED]
    has_failed = did_not_pass(attempts)
    is_lost = has_failed | (attempts.attempts > 1)
    is_known = attempts.durations_ms >= 0
    lost_ms = np.where(is_lost & is_known, attempts.durations_ms.astype(np.int64), 0)
    any_of, sum_of = np.logical_or.reduceat, np.add.reduceat
    return {
        "is_mixed": any_of(has_passed, starts) & any_of(has_failed, starts),
        "is_marked": any_of(attempts.is_marked_retry, starts),
        "lost_ms": sum_of(lost_ms, starts),
        "lost_unknown": sum_of((is_lost & ~is_known).astype(np.int64), starts),
        "lost_attempts": sum_of(is_lost.astype(np.int64), starts),
        "bad_attempts": sum_of(has_failed.astype(np.int64), starts),
    }
