"""The final results of milestones' runs, each test once, as SQL that others build on."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

from django.db.models import QuerySet

from dashboard.filters import Filters, Window, run_conditions
from dashboard.filters.selection import project_conditions, text_conditions
from ingest.contract import Status
from ingest.models import DECIDED_CODES, STATUS_CODES, Case, Run

Sql = tuple[str, list[Any]]

# The whole key of a run's rows is named, so that they are read through it. Cases that a
# person confirmed to be the same test are one, by the id of their group.
_FINALS = """
links AS (
    SELECT DISTINCT link.run_id, member.milestone_id
      FROM ingest_runmilestone link
      JOIN ingest_milestonemember member ON member.id = link.member_id
     WHERE link.removed_at IS NULL AND member.milestone_id = ANY(%s)),
runs AS MATERIALIZED (
    SELECT links.milestone_id, run.id AS run_id, run.project_id, run.partition_on,
           run.at, run.external_id COLLATE "C" AS external_id, run.detail
      FROM links JOIN ingest_run run ON run.id = links.run_id
     WHERE run.id IN ({runs})),
finals AS (
    SELECT runs.milestone_id, coalesce(-grouped.group_id, r.case_id) AS test,
           r.case_id, r.project_id, r.run_id, runs.external_id, r.ordinal, r.at,
           runs.at AS run_at, r.status, r.status = ANY(%s) AS is_decided,
           false AS is_planned
      FROM runs
      JOIN ingest_result r ON r.project_id = runs.project_id
           AND r.partition_on = runs.partition_on AND r.run_id = runs.run_id
      LEFT JOIN dashboard_groupedcase grouped ON grouped.case_id = r.case_id
     WHERE r.is_final AND r.removed_at IS NULL{conditions}{planned})"""

# Tests that their tool assigned to the milestone, as untested: what it held when its list
# was first read is in scope from the first run on, and nothing comes after its end.
_PLANNED = """
     UNION ALL
    SELECT member.milestone_id, coalesce(-grouped.group_id, own.id), own.id,
           own.project_id, NULL, '', 0, entered.at, entered.at, %s, false, true
      FROM ingest_milestonecase planned
      JOIN ingest_milestonemember member ON member.id = planned.member_id
      JOIN ingest_case own ON own.id = planned.case_id
      LEFT JOIN dashboard_groupedcase grouped ON grouped.case_id = own.id
      LEFT JOIN (SELECT milestone_id, min(at) AS at FROM runs GROUP BY milestone_id)
           AS first_run ON first_run.milestone_id = member.milestone_id
     CROSS JOIN LATERAL (
           SELECT least(planned.recorded_at, member.completed_at,
                        CASE WHEN planned.recorded_at <= member.cases_first_read_at
                             THEN first_run.at END) AS at) AS entered
     WHERE planned.removed_at IS NULL AND member.milestone_id = ANY(%s)
       AND own.id IN ({cases})"""

# Which of a test's results rules: the newest decided one, without any the newest.
RULING = """
ruling AS (
    SELECT DISTINCT ON (milestone_id, test) milestone_id, test, case_id, project_id,
           run_id, status
      FROM finals
     ORDER BY milestone_id, test, is_decided DESC, is_planned, at DESC,
              external_id DESC, project_id DESC, ordinal DESC, case_id DESC)"""

# A case comes into scope with the first run that holds it, or when it was assigned.
ENTERED = """
entered AS (
    SELECT milestone_id, test, min(run_at) AS at FROM finals
     GROUP BY milestone_id, test)"""


def finals(milestones: Collection[int], filters: Filters) -> Sql:
    """The common table expressions `runs` and `finals`: final results of the runs of
    each milestone that pass the filters, in the list's window (everything, unless the
    filters choose one), and the tests that were assigned to it (`is_planned`), unless the
    filters choose among runs or their times. Lists of milestones are numbers, so that no run is among these
    that a person excluded from every number.
    """
    of_runs = replace(filters, milestone=(), with_uncounted=False)
    runs = Run.objects.filter(run_conditions(of_runs))
    chosen, run_params = runs.values("pk").query.sql_with_params()
    conditions, params = _conditions(filters)
    planned, of_planned = _planned(milestones, filters)
    sql = _FINALS.format(runs=chosen, conditions=conditions, planned=planned)
    return sql, [list(milestones), *run_params, DECIDED_CODES, *params, *of_planned]


def _planned(milestones: Collection[int], filters: Filters) -> Sql:
    chooses_runs = filters.source or filters.configuration or filters.branch
    if filters.list_window() is not None or chooses_runs:
        return "", []
    cases = Case.objects.filter(
        project_conditions(filters, "project__"), gone_at__isnull=True
    )
    chosen, params = _narrowed(cases, filters).values("pk").query.sql_with_params()
    untested = STATUS_CODES[Status.UNTESTED]
    return _PLANNED.format(cases=chosen), [untested, list(milestones), *params]


def _conditions(filters: Filters) -> Sql:
    sql, params = "", []
    window = filters.list_window()
    if window is not None:
        sql += _between(window)[0]
        params += _between(window)[1]
    if filters.case or filters.q:
        cases = _narrowed(Case.objects.all(), filters)
        chosen, case_params = cases.values("pk").query.sql_with_params()
        sql += f" AND r.case_id IN ({chosen})"
        params += case_params
    return sql, params


def _narrowed(cases: QuerySet[Case], filters: Filters) -> QuerySet[Case]:
    if filters.case:
        cases = cases.filter(pk__in=filters.case)
    return cases.filter(text_conditions(filters.q)) if filters.q else cases


def _between(window: Window) -> Sql:
    return " AND r.at >= %s AND r.at < %s", [window.since, window.until]
