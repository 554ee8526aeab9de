"""Which runs are of the same suite: by their names, else by their cases or totals."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from django.db import connection

# Of the union of the cases of two runs, how many both have at least, as a fraction.
_IN_COMMON, _OF = 4, 5
# Totals of runs without rows: 5 / 4 = 1.25 at most.
_FACTOR, _PER = 5, 4
# Mostly one of the nearest is of the suite; only where none is, all are looked at.
_ROUNDS = slice(0, 1), slice(1, 5), slice(5, None)
# Where a word of letters and digits may begin and end.
_BEGINS, _ENDS = r"(?<![^\W_])", r"(?![^\W_])"
# Ids as they stand in names: words of hexadecimal digits, and such with a number in them
# inside of others.
_HEX = re.compile(
    rf"{_BEGINS}[0-9a-f]{{7,}}{_ENDS}|(?<![0-9a-f])(?=[a-f]*[0-9])[0-9a-f]{{7,}}"
)
_WORDS = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteRun:
    """What tells the suite of a run. `total` are its final results, which are one for
    each case; `has_rows` whether these cases are known.
    """

    id: int
    name: str
    commit: str
    branch: str
    total: int
    has_rows: bool


class _Pair(NamedTuple):
    run: int
    other: int


@lru_cache(maxsize=1024)
def suite_name(run: SuiteRun) -> str:
    """The words of the name, without case, numbers, ids, commit and branch; "" when
    nothing is left.
    """
    name = run.name.casefold()
    for told in (run.commit, run.branch):
        if told:
            word = re.escape(told.casefold())
            name = re.sub(f"{_BEGINS}{word}{_ENDS}", " ", name)
    return " ".join(_WORDS.findall(_HEX.sub(" ", name)))


def first_of_suite(
    candidates: Iterable[tuple[SuiteRun, Sequence[SuiteRun]]],
) -> dict[int, int]:
    """For each run the first of its candidates that is of its suite, by id; those
    without one are left out. Three queries at most, none where names are the same.
    """
    asked: dict[int, list[int]] = {}
    sure: dict[int, int] = {}
    for run, others in candidates:
        asked[run.id] = list(_to_ask(run, others, sure))
    for looked_at in _ROUNDS:
        pairs = [_Pair(run, o) for run, some in asked.items() for o in some[looked_at]]
        found = _overlapping(pairs)
        # The nearest one stands last, so that it stays.
        for pair in reversed(pairs):
            if pair in found:
                sure[pair.run] = pair.other
                asked.pop(pair.run, None)
    return sure


def _to_ask(
    run: SuiteRun, others: Sequence[SuiteRun], sure: dict[int, int]
) -> Iterator[int]:
    """The candidates whose cases must be looked at; the first that needs none becomes
    `sure`, and what follows it does not matter.
    """
    for other in others:
        if is_surely_of_suite(run, other):
            sure[run.id] = other.id
            return
        # As many cases in common need as many cases.
        less, more = sorted((run.total, other.total))
        if _both_have_rows(run, other) and _OF * less >= _IN_COMMON * more:
            yield other.id


def is_surely_of_suite(run: SuiteRun, other: SuiteRun) -> bool:
    """Whether that is clear without a look at their cases."""
    name = suite_name(run)
    if name and suite_name(other) == name:
        return True
    return not _both_have_rows(run, other) and _is_near(run.total, other.total)


def _both_have_rows(run: SuiteRun, other: SuiteRun) -> bool:
    return run.has_rows and other.has_rows


def _is_near(one: int, other: int) -> bool:
    less, more = sorted((one, other))
    return less > 0 and _PER * more <= _FACTOR * less


# Grouped and not joined: the planner takes each run for a row or two.
_OVERLAPPING = f"""
WITH pairs AS (
    SELECT * FROM unnest(%s::bigint[], %s::bigint[]) AS pairs(run_id, other_id)),
sides AS (
    SELECT run_id, other_id, run_id AS side FROM pairs
     UNION ALL
    SELECT run_id, other_id, other_id FROM pairs),
cases AS (
    SELECT sides.run_id, sides.other_id, count(*) AS runs
      FROM sides JOIN ingest_run run ON run.id = sides.side
     CROSS JOIN LATERAL (
           SELECT case_id FROM ingest_result r
            WHERE r.project_id = run.project_id
              AND r.partition_on = run.partition_on AND r.run_id = run.id
              AND r.is_final AND r.removed_at IS NULL) AS found
     GROUP BY sides.run_id, sides.other_id, found.case_id)
SELECT run_id, other_id FROM cases GROUP BY run_id, other_id
HAVING {_OF} * count(*) FILTER (WHERE runs = 2) >= {_IN_COMMON} * count(*)
"""


def _overlapping(pairs: Sequence[_Pair]) -> set[_Pair]:
    """The pairs of runs that have most of their cases in common."""
    if not pairs:
        return set()
    columns = [pair.run for pair in pairs], [pair.other for pair in pairs]
    with connection.cursor() as cursor:
        cursor.execute(_OVERLAPPING, columns)
        return {_Pair(*row) for row in cursor.fetchall()}
