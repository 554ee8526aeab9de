"""The runs that belong to milestones."""

from __future__ import annotations

import operator
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import reduce

from django.db.models import F

from dashboard.column_store.selection import microseconds
from dashboard.filters import Filters, run_conditions
from ingest.contract import Detail, Status
from ingest.models import MilestoneMember, Run, RunMilestone


@dataclass(frozen=True, slots=True, kw_only=True)
class MilestoneRun:
    """Its results are filed in `month`, `results` is their number as the run states it.
    `at` is in microseconds since 1970; of results of one time those of the run with the
    higher `rank` are newer.
    """

    id: int
    project: int
    month: date
    at: int
    rank: int
    has_totals_only: bool
    results: int


def runs_of_milestones(
    milestones: Collection[int], filters: Filters
) -> Mapping[int, Sequence[MilestoneRun]]:
    """Those that pass the filters, by id; of every milestone, maybe none. A fixed number
    of queries.
    """
    ids = _run_ids(milestones)
    by_id = {run.id: run for run in _runs(set().union(*ids.values()), filters)}
    return {
        milestone: [by_id[pk] for pk in sorted(own & by_id.keys())]
        for milestone, own in ids.items()
    }


def _run_ids(milestones: Collection[int]) -> dict[int, set[int]]:
    """Whatever parts of a milestone they belong to.

    Each table is asked alone: of views of the past the planner knows too little to join them.
    """
    members = MilestoneMember.objects.filter(milestone__in=milestones)
    milestone_of = dict(members.values_list("pk", "milestone"))
    links = RunMilestone.objects.filter(
        member__in=list(milestone_of), removed_at__isnull=True
    )
    found: dict[int, set[int]] = {milestone: set() for milestone in milestones}
    for member, run in links.values_list("member", "run"):
        found[milestone_of[member]].add(run)
    return found


def _runs(ids: Collection[int], filters: Filters) -> Iterator[MilestoneRun]:
    filters = replace(filters, milestone=(), with_uncounted=False)
    chosen = Run.objects.filter(run_conditions(filters), pk__in=ids)
    rows = chosen.values_list(
        "pk",
        "project",
        "partition_on",
        "at",
        "external_id",
        "detail",
        reduce(operator.add, (F(str(status)) for status in Status)),
    )
    known = list(rows)
    ranks = _ranks(
        {(external_id, project) for _, project, _, _, external_id, *_ in known}
    )
    for pk, project, day, at, external_id, detail, results in known:
        yield MilestoneRun(
            id=pk,
            project=project,
            month=day.replace(day=1),
            at=microseconds(at),
            rank=ranks[external_id, project],
            has_totals_only=detail == Detail.COUNTS,
            results=results,
        )


def _ranks(keys: Collection[tuple[str, int]]) -> Mapping[tuple[str, int], int]:
    """By the tool's id, letter by letter whatever the language, then by the project."""
    return {key: rank for rank, key in enumerate(sorted(keys))}
