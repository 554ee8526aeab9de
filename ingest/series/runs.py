"""What one run says as a whole: the day of a result, finals, outage, verdict.

The words are those of docs/metrics.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from datetime import UTC, date, datetime
from typing import TypeVar

from ingest.contract import NOT_PASSED, Counts, RunStatus, Status

OUTAGE_SHARE = 0.8
OUTAGE_LEAST_DECIDED = 20

CaseId = TypeVar("CaseId", bound=Hashable)


def day_of(at: datetime) -> date:
    """The UTC day of a result's time; display zones never move it."""
    return at.astimezone(UTC).date()


def attempts(
    cases: Sequence[CaseId], times: Sequence[datetime]
) -> tuple[list[int], list[bool]]:
    """The attempt number of each row of one run, from 1, and whether it is the final.

    Rows come in order of arrival. Attempts of a case count by time, then arrival; the
    final result is the last attempt.
    """
    numbers = [1] * len(cases)
    finals = [True] * len(cases)
    if len(set(cases)) == len(cases):
        return numbers, finals
    rows_of: dict[CaseId, list[int]] = {}
    for row, case in enumerate(cases):
        rows_of.setdefault(case, []).append(row)
    for rows in rows_of.values():
        if len(rows) == 1:
            continue
        # Sorting is stable, so equal times keep their order of arrival.
        for number, row in enumerate(sorted(rows, key=lambda row: times[row]), 1):
            numbers[row] = number
            finals[row] = number == len(rows)
    return numbers, finals


def is_outage(counts: Counts) -> bool:
    """Whether a run broke as a whole: ≥ 80 % of ≥ 20 decided results did not pass."""
    not_passed = counts.failed + counts.error
    decided = counts.passed + not_passed
    return decided >= OUTAGE_LEAST_DECIDED and not_passed >= OUTAGE_SHARE * decided


def verdict(counts: Counts) -> RunStatus:
    """The status of an ended run whose vendor states only that it ended."""
    if counts.failed + counts.error:
        return RunStatus.FAILED
    return RunStatus.PASSED if counts.passed else RunStatus.UNKNOWN


def attempt_counts(statuses: Sequence[Status]) -> tuple[int, int, int]:
    """Attempts that passed, that did not pass, and the rest, over all rows of a run."""
    counted = Counter(statuses)
    passed = counted[Status.PASSED]
    not_passed = sum(counted[status] for status in NOT_PASSED)
    return passed, not_passed, len(statuses) - passed - not_passed
