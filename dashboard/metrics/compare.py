"""Two runs side by side, and which run another is held against."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, NamedTuple, get_args

from django.db import connection
from scipy.special import bdtr

from ingest.contract import Detail, Status
from ingest.models import DECIDED_CODES, STATUS_CODES, STATUS_OF_CODE, Run

Category = Literal[
    "regression",
    "fixed",
    "still_failing",
    "still_passing",
    "new_failure",
    "new_pass",
    "gone",
]
CATEGORIES: tuple[Category, ...] = get_args(Category)
# Of the others only the number is asked, and they can be ten thousands.
LISTED: tuple[Category, ...] = ("regression", "new_failure", "still_failing", "fixed")

# A result that is not decided is on neither side; null says so.
_FINALS = """
    SELECT {key} AS key, r.case_id, r.ordinal, r.status, r.duration_ms,
           CASE WHEN r.status = ANY(%s) THEN r.status = %s END AS passed
      FROM ingest_result r {case}
     WHERE r.project_id = %s AND r.partition_on = %s AND r.run_id = %s
       AND r.is_final AND r.removed_at IS NULL
"""
_PAIRS = """
WITH base AS ({finals}), head AS ({finals}),
pairs AS (
    SELECT coalesce(head.case_id, base.case_id) AS case_id,
           base.ordinal AS base_ordinal, base.status AS base_status,
           base.duration_ms AS base_ms, head.ordinal AS head_ordinal,
           head.status AS head_status, head.duration_ms AS head_ms,
           CASE WHEN head.passed IS NULL THEN 'gone'
                WHEN base.passed IS NULL AND head.passed THEN 'new_pass'
                WHEN base.passed IS NULL THEN 'new_failure'
                WHEN base.passed AND head.passed THEN 'still_passing'
                WHEN base.passed THEN 'regression'
                WHEN head.passed THEN 'fixed'
                ELSE 'still_failing' END AS category
      FROM base FULL JOIN head USING (key)
     WHERE base.passed IS NOT NULL OR head.passed IS NOT NULL)
"""
_COUNTS = """
SELECT category, count(*),
       array_agg(case_id ORDER BY case_id) FILTER (WHERE category = ANY(%s))
  FROM pairs GROUP BY category
"""
_ROWS = """
SELECT category, p.case_id, c.name, c.folder, c.key, base_ordinal, base_status,
       base_ms, head_ordinal, head_status, head_ms
  FROM pairs p JOIN ingest_case c ON c.id = p.case_id
 WHERE category = ANY(%s)
"""


@dataclass(frozen=True)
class Comparison:
    """`counts` of all seven categories; `cases` holds the ids of those in LISTED."""

    base: Run
    head: Run
    counts: Mapping[Category, int]
    cases: Mapping[Category, tuple[int, ...]]

    @cached_property
    def category_of(self) -> dict[int, Category]:
        """The category of each case in LISTED."""
        return {case: name for name, ids in self.cases.items() for case in ids}

    @property
    def mcnemar_p(self) -> float:
        """How often chance alone splits the changed outcomes at least as unevenly."""
        return mcnemar_p(self.counts["regression"], self.counts["fixed"])


class Outcome(NamedTuple):
    """The final result of one side, decided or not; `ordinal` is its place in the run."""

    ordinal: int
    status: Status
    duration_ms: int | None


class Pair(NamedTuple):
    """One case in both runs: `case` is the head's where both have it. A side is None
    when that run has no result of the case at all.
    """

    category: Category
    case: int
    name: str
    folder: str
    key: str
    base: Outcome | None
    head: Outcome | None

    @property
    def change_ms(self) -> int | None:
        """How much longer the head took; None unless both durations are known."""
        if self.base is None or self.head is None:
            return None
        before, after = self.base.duration_ms, self.head.duration_ms
        return None if before is None or after is None else after - before


class NotComparableError(ValueError):
    """A run with totals only, which has no result to pair."""


def compare_runs(base: Run, head: Run) -> Comparison:
    """The decided final results of both runs, paired by case.

    A result that is not decided in base is absent there, one not decided in head is
    gone; decided in neither it is in no category. Cases of two projects pair by their
    key. Each run has one configuration, so the case alone makes the pair.

    Raises:
        NotComparableError: a run has totals only.
    """
    counts: dict[Category, int] = dict.fromkeys(CATEGORIES, 0)
    cases: dict[Category, tuple[int, ...]] = dict.fromkeys(LISTED, ())
    for name, count, ids in _pairs(base, head, _COUNTS, [list(LISTED)]):
        counts[name] = count
        if ids:
            cases[name] = tuple(ids)
    return Comparison(base=base, head=head, counts=counts, cases=cases)


def pairs(
    base: Run, head: Run, categories: Collection[Category] = CATEGORIES
) -> list[Pair]:
    """The pairs of these categories, by category in the order of CATEGORIES, then by name.

    Raises:
        NotComparableError: a run has totals only.
    """
    found = [_pair(*row) for row in _pairs(base, head, _ROWS, [list(categories)])]
    places = {name: place for place, name in enumerate(CATEGORIES)}
    return sorted(found, key=lambda p: (places[p.category], p.name, p.case))


def mcnemar_p(regressions: int, fixed: int) -> float:
    """McNemar's exact two-sided test: the chance of a split of the changed outcomes at
    least as uneven as this one, if a case were as likely to get worse as better.

    p = min(1, 2 * P(X <= min(regressions, fixed))), X ~ Binomial(regressions + fixed,
    1/2); 1 when nothing changed. (McNemar 1947; exact form: Agresti, Categorical Data
    Analysis, 10.1.)
    """
    n = regressions + fixed
    if n == 0:
        return 1.0
    return min(1.0, 2 * float(bdtr(min(regressions, fixed), n, 0.5)))


def _pairs(
    base: Run, head: Run, query: str, params: Sequence[Any] = ()
) -> list[tuple[Any, ...]]:
    if Detail.COUNTS in (base.detail, head.detail):
        raise NotComparableError("A run with totals only cannot be compared.")
    finals = _FINALS.format(key="r.case_id", case="")
    if base.project_id != head.project_id:
        case = "JOIN ingest_case c ON c.id = r.case_id"
        finals = _FINALS.format(key="c.key_hash", case=case)
    with connection.cursor() as cursor:
        cursor.execute(
            _PAIRS.format(finals=finals) + query,
            [*_of_run(base), *_of_run(head), *params],
        )
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _of_run(run: Run) -> list[Any]:
    passed = STATUS_CODES[Status.PASSED]
    return [DECIDED_CODES, passed, run.project_id, run.partition_on, run.pk]


def _pair(
    category: Category, case: int, name: str, folder: str, key: str, *sides: int | None
) -> Pair:
    before, after = _outcome(*sides[:3]), _outcome(*sides[3:])
    return Pair(category, case, name, folder, key, before, after)


def _outcome(
    ordinal: int | None, code: int | None, duration_ms: int | None
) -> Outcome | None:
    if ordinal is None or code is None:
        return None
    return Outcome(ordinal, STATUS_OF_CODE[code], duration_ms)
