"""The last outcomes of cases, oldest first."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from django.contrib.postgres.fields import ArrayField
from django.db.models import SmallIntegerField
from django.db.models.expressions import RawSQL

from dashboard.filters import Filters, Window, result_conditions
from dashboard.metrics.newest import SeriesKey, newest
from ingest.contract import NOT_PASSED, RunKind, Status
from ingest.models import STATUS_OF_CODE, Result
from ingest.models.results import ORDINALS

LETTERS = {
    Status.PASSED: "P",
    Status.FAILED: "F",
    Status.ERROR: "E",
    Status.SKIPPED: "S",
    Status.BLOCKED: "B",
}
PASSED_ON_RETRY = "R"


class Final(Protocol):
    """A final result, and the outcomes of the attempts before it in their order."""

    @property
    def status(self) -> Status: ...
    @property
    def earlier(self) -> Sequence[Status]: ...


# Not frozen: that takes three times as long to make, and a list has a thousand.
@dataclass(slots=True, kw_only=True)
class Cell:
    """One final result of a case; `result` is its id in the API, `earlier` are the
    outcomes of the attempts before it.
    """

    status: Status
    at: datetime
    run: int
    result: int
    earlier: tuple[Status, ...] = ()


def passed_on_retry(final: Final) -> bool:
    """Whether it passed after an attempt that did not, so that its run is mixed."""
    is_passed = final.status is Status.PASSED
    return is_passed and not NOT_PASSED.isdisjoint(final.earlier)


def letter(final: Final) -> str:
    """P F E S B, U for untested, running and unknown; R for what passed on retry."""
    if passed_on_retry(final):
        return PASSED_ON_RETRY
    return LETTERS.get(final.status, "U")


def letters(finals: Iterable[Final]) -> str:
    return "".join(map(letter, finals))


# Asked of repeats alone, which are few.
_EARLIER = """
CASE WHEN ingest_result.attempt > 1 THEN ARRAY(
    SELECT earlier.status FROM ingest_result earlier
     WHERE earlier.project_id = ingest_result.project_id
       AND earlier.partition_on = ingest_result.partition_on
       AND earlier.run_id = ingest_result.run_id
       AND earlier.case_id = ingest_result.case_id
       AND NOT earlier.is_final AND earlier.removed_at IS NULL
     ORDER BY earlier.attempt)
END
"""
EARLIER = RawSQL(_EARLIER, (), ArrayField(SmallIntegerField()))  # nosec B611 # names of ours; values are parameters


def statuses(codes: Iterable[int] | None) -> tuple[Status, ...]:
    """Of the codes that EARLIER gives; None where there was one attempt only."""
    return tuple(STATUS_OF_CODE[code] for code in codes or ())


def strips(
    cases: Collection[int] | Mapping[int, SeriesKey],
    filters: Filters,
    window: Window | None = None,
    *,
    last: int = 30,
) -> dict[int, tuple[Cell, ...]]:
    """The `last` final results of each case in automated runs, oldest first; of one
    series of it where `cases` says which.
    """
    finals = Result.objects.filter(
        result_conditions(filters, window),
        is_final=True,
        run__kind=RunKind.AUTOMATED,
    ).annotate(earlier=EARLIER)
    columns = ("status", "at", "run_id", "ordinal", "earlier")
    found: dict[int, list[Cell]] = {}
    for case, code, at, run, ordinal, earlier in newest(
        finals, cases, columns, last=last
    ):
        cell = Cell(
            status=STATUS_OF_CODE[code],
            at=at,
            run=run,
            result=run * ORDINALS + ordinal,
            earlier=statuses(earlier),
        )
        found.setdefault(case, []).append(cell)
    return {case: tuple(reversed(cells)) for case, cells in found.items()}
