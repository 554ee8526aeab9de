"""Two runs of one project side by side, and which run another is held against."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, get_args

from django.db import connection
from django.db.models import QuerySet
from django.db.models.functions import Coalesce

from ingest.contract import DECIDED, Detail, Status
from ingest.models import STATUS_CODES, Run

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

_DECIDED = sorted(STATUS_CODES[status] for status in DECIDED)
_FINALS = """
    SELECT case_id, status = %s AS passed FROM ingest_result
     WHERE project_id = %s AND partition_on = %s AND run_id = %s
       AND is_final AND removed_at IS NULL AND status = ANY(%s)
"""
_PAIRS = f"""
WITH base AS ({_FINALS}), head AS ({_FINALS}),
pairs AS (
    SELECT case_id,
           CASE WHEN head.passed IS NULL THEN 'gone'
                WHEN base.passed IS NULL AND head.passed THEN 'new_pass'
                WHEN base.passed IS NULL THEN 'new_failure'
                WHEN base.passed AND head.passed THEN 'still_passing'
                WHEN base.passed THEN 'regression'
                WHEN head.passed THEN 'fixed'
                ELSE 'still_failing' END AS category
      FROM base FULL JOIN head USING (case_id))
SELECT category, count(*), array_agg(case_id) FILTER (WHERE category = ANY(%s))
  FROM pairs GROUP BY category
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


def compared(base: Run, head: Run) -> Comparison:
    """The decided final results of both runs, paired by case.

    A result that is not decided in base is absent there, one not decided in head is
    gone. Each run has one configuration, so the case alone makes the pair.

    Raises:
        ValueError: a run has totals only, or the runs are of two projects.
    """
    if Detail.COUNTS in (base.detail, head.detail):
        raise ValueError("A run with totals only cannot be compared.")
    if base.project_id != head.project_id:
        raise ValueError("Only runs of one project share their cases.")
    with connection.cursor() as cursor:
        params = [*_of_run(base), *_of_run(head), list(LISTED)]
        cursor.execute(_PAIRS, params)
        rows = cursor.fetchall()
    counts: dict[Category, int] = dict.fromkeys(CATEGORIES, 0)
    cases: dict[Category, tuple[int, ...]] = dict.fromkeys(LISTED, ())
    for name, count, ids in rows:
        counts[name] = count
        if ids:
            cases[name] = tuple(ids)
    return Comparison(base=base, head=head, counts=counts, cases=cases)


def _of_run(run: Run) -> list[Any]:
    passed = STATUS_CODES[Status.PASSED]
    return [passed, run.project_id, run.partition_on, run.pk, _DECIDED]


def previous_run(run: Run) -> Run | None:
    """The run that ended last before `run` began (before it ended, when its start is
    unknown), of the same project, source, configuration and branch.
    """
    begins = run.started_at or run.finished_at or run.at
    return (
        _alike(run)
        .filter(finished_at__lt=begins)
        .order_by("-finished_at", "-external_id")
        .first()
    )


def next_run(run: Run) -> Run | None:
    """The first run of the same kind that began after `run` ended."""
    if run.finished_at is None:
        return None
    return (
        _alike(run)
        .annotate(begins=Coalesce("started_at", "finished_at", "at"))
        .filter(begins__gt=run.finished_at)
        .order_by("begins", "external_id")
        .first()
    )


def _alike(run: Run) -> QuerySet[Run]:
    """Runs of the same project, source, configuration and branch; an alias of a
    configuration is the same one.
    """
    runs = Run.objects.filter(
        project_id=run.project_id, branch=run.branch, removed_at__isnull=True
    ).exclude(pk=run.pk)
    if run.source_id is None:
        runs = runs.filter(source__isnull=True)
    else:
        runs = runs.filter(source_id=run.source_id)
    if run.configuration is None:
        return runs.filter(configuration__isnull=True)
    series = run.configuration.alias_of_id or run.configuration.pk
    return runs.annotate(
        series=Coalesce("configuration__alias_of_id", "configuration_id")
    ).filter(series=series)
