"""The final results of milestones' runs, each test once, as SQL that others build on."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

from dashboard.filters import Filters, Window, run_conditions
from dashboard.filters.selection import text_conditions
from ingest.models import DECIDED_CODES, Case, Run

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
           runs.at AS run_at, r.status, r.status = ANY(%s) AS is_decided
      FROM runs
      JOIN ingest_result r ON r.project_id = runs.project_id
           AND r.partition_on = runs.partition_on AND r.run_id = runs.run_id
      LEFT JOIN dashboard_groupedcase grouped ON grouped.case_id = r.case_id
     WHERE r.is_final AND r.removed_at IS NULL{conditions})"""

# Which of a test's results rules: the newest decided one, without any the newest.
RULING = """
ruling AS (
    SELECT DISTINCT ON (milestone_id, test) milestone_id, test, case_id, project_id,
           run_id, status
      FROM finals
     ORDER BY milestone_id, test, is_decided DESC, at DESC, external_id DESC,
              project_id DESC, ordinal DESC)"""

# A case comes into scope with the first run that holds it.
ENTERED = """
entered AS (
    SELECT milestone_id, test, min(run_at) AS at FROM finals
     GROUP BY milestone_id, test)"""


def finals(milestones: Collection[int], filters: Filters) -> Sql:
    """The common table expressions `runs` and `finals`: final results of the runs of
    each milestone that pass the filters, in the list's window (everything, unless the
    filters choose one). Lists of milestones are numbers, so that no run is among these
    that a person excluded from every number.
    """
    of_runs = replace(filters, milestone=(), with_uncounted=False)
    runs = Run.objects.filter(run_conditions(of_runs))
    chosen, run_params = runs.values("pk").query.sql_with_params()
    conditions, params = _conditions(filters)
    sql = _FINALS.format(runs=chosen, conditions=conditions)
    return sql, [list(milestones), *run_params, DECIDED_CODES, *params]


def _conditions(filters: Filters) -> Sql:
    sql, params = "", []
    window = filters.list_window()
    if window is not None:
        sql += _between(window)[0]
        params += _between(window)[1]
    if filters.case or filters.q:
        cases = Case.objects.all()
        if filters.case:
            cases = cases.filter(pk__in=filters.case)
        if filters.q:
            cases = cases.filter(text_conditions(filters.q))
        chosen, case_params = cases.values("pk").query.sql_with_params()
        sql += f" AND r.case_id IN ({chosen})"
        params += case_params
    return sql, params


def _between(window: Window) -> Sql:
    return " AND r.at >= %s AND r.at < %s", [window.since, window.until]
