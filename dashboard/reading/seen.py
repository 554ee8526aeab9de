"""The views of the schema `seen`: of each table the rows of the reader's projects.

What is hidden leaves no trace: sums that are kept of several projects are made of those
that are seen.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.apps import apps
from django.db.models import Model

from dashboard.reading.scope import PROJECTS, TABLES

# A sub-select is asked once a query, a function in a condition once a row.
THEIRS = f"ANY ((SELECT current_setting('{PROJECTS}')::int[])::int[])"
OF_PROJECT = f"t.project_id = {THEIRS}"


def _through(table: str, column: str) -> str:
    """Rows whose row of `table`, named by `column`, is of the reader's projects."""
    return (
        f"EXISTS (SELECT 1 FROM {TABLES}.{table} o"
        f" WHERE o.id = t.{column} AND o.project_id = {THEIRS})"
    )


OF_RUN = _through("ingest_run", "run_id")
OF_CASE = _through("ingest_case", "case_id")
OF_MEMBER = _through("ingest_milestonemember", "member_id")
OF_THREAD = (
    f"EXISTS (SELECT 1 FROM {TABLES}.ingest_thread h"
    f" JOIN {TABLES}.ingest_run o ON o.id = h.run_id"
    f" WHERE h.id = t.thread_id AND o.project_id = {THEIRS})"
)
_OF_CONNECTION = f"FROM {TABLES}.ingest_project p WHERE p.connection_id = "


def _some(connection: str) -> str:
    return f"EXISTS (SELECT 1 {_OF_CONNECTION}{connection} AND p.id = {THEIRS})"


def _hidden(connection: str) -> str:
    """Whether the connection has a project that the reader does not see."""
    return f"EXISTS (SELECT 1 {_OF_CONNECTION}{connection} AND p.id <> ALL {_IDS})"


_IDS = THEIRS.removeprefix("ANY ")


def _of_seen(connection: str, value: str) -> str:
    """A value of the connection, made of its projects that are seen."""
    return f"(SELECT {value} {_OF_CONNECTION}{connection} AND p.id = {THEIRS})"


def _unless_hidden(connection: str, column: str, of_seen: str) -> str:
    """A connection's own value, but where a project is hidden what is said of the others."""
    return f"CASE WHEN {_hidden(connection)} THEN {of_seen} ELSE t.{column} END"


def _error(column: str) -> str:
    newest = f"(array_agg(p.{column} ORDER BY p.last_attempt_at DESC) FILTER"
    return f"coalesce({newest} (WHERE p.last_error <> ''))[1], '')"


_CONNECTION = {
    column: _unless_hidden("t.id", column, _of_seen("t.id", value))
    for column, value in {
        "project_ids": "coalesce(jsonb_agg(p.external_id ORDER BY p.id), '[]')",
        "last_attempt_at": "max(p.last_attempt_at)",
        "last_success_at": "min(p.last_success_at)",
        "last_error": _error("last_error"),
        "looked_at": "min(p.looked_at)",
        "failing_since": "max(p.last_attempt_at) FILTER (WHERE p.last_error <> '')",
    }.items()
} | {"last_answer": _unless_hidden("t.id", "last_answer", "''")}

_MEMBERS = (
    f"FROM {TABLES}.ingest_milestonemember m WHERE m.milestone_id = t.id"
    f" AND m.project_id = {THEIRS}"
)
_HIDDEN_MEMBER = (
    f"EXISTS (SELECT 1 FROM {TABLES}.ingest_milestonemember m"
    f" WHERE m.milestone_id = t.id AND m.project_id <> ALL {_IDS})"
)
_ALIVE = "FILTER (WHERE m.removed_at IS NULL)"


def _of_members(column: str, value: str) -> str:
    return f"CASE WHEN {_HIDDEN_MEMBER} THEN (SELECT {value} {_MEMBERS}) ELSE t.{column} END"


_MILESTONE = {
    "name": _of_members(
        "name", "(array_agg(m.name ORDER BY (m.name = t.name) DESC, m.id))[1]"
    ),
    "due_at": _of_members("due_at", f"min(m.due_at) {_ALIVE}"),
    "state": _of_members(
        "state",
        f"CASE WHEN count(*) {_ALIVE} = 0 THEN 'removed'"
        f" WHEN bool_and(m.state = 'completed') {_ALIVE} THEN 'completed'"
        " ELSE 'open' END",
    ),
}

_CHILDREN = f"FROM {TABLES}.ingest_sync c WHERE c.parent_id = t.id"
_HIDDEN_CHILD = f"{_CHILDREN} AND c.project_id <> ALL {_IDS}"
_SEEN_CHILD = f"{_CHILDREN} AND c.project_id = {THEIRS}"
# The whole sync of a connection: only its sums can tell of others' projects.
_SYNC = {
    column: f"t.{column} - (SELECT coalesce(sum(c.{column}), 0)::int {_HIDDEN_CHILD})"
    for column in (
        "runs_read",
        "runs_written",
        "results_read",
        "results_written",
        "rejected",
        "unknown_statuses",
    )
} | {
    column: f"CASE WHEN EXISTS (SELECT 1 {_HIDDEN_CHILD}) THEN {value} ELSE t.{column} END"
    for column, value in {
        "status": "coalesce((SELECT CASE"
        " WHEN bool_or(c.status IN ('queued', 'running')) THEN 'running'"
        " WHEN bool_and(c.status = 'failed') THEN 'failed'"
        " WHEN bool_and(c.status = 'ok') THEN 'ok' ELSE 'partial' END"
        f" {_SEEN_CHILD}), t.status)",
        "error": "coalesce((SELECT c.error"
        f" {_SEEN_CHILD} AND c.error <> '' ORDER BY c.status = 'failed' DESC, c.id"
        " LIMIT 1), '')",
        "answer": "''",
        "notes": "'[]'::jsonb",
    }.items()
}

# What a person said of two tests or milestones names both.
_ACT_NAMES_HIDDEN = (
    "EXISTS (SELECT 1 FROM jsonb_path_query("
    "jsonb_build_array(t.before, t.after), '$.**.{word}') named"
    " JOIN {tables}.{table} o ON o.id = (named #>> '{{}}')::bigint WHERE {hidden})"
)
_OF_CASES = _ACT_NAMES_HIDDEN.format(
    word="case",
    tables=TABLES,
    table="ingest_case",
    hidden=f"o.project_id <> ALL {_IDS}",
)
_OF_MILESTONES = _ACT_NAMES_HIDDEN.format(
    word="milestone",
    tables=TABLES,
    table="ingest_milestone",
    hidden=f"NOT EXISTS (SELECT 1 {_MEMBERS.replace('t.id', 'o.id')})",
)

# Table → the condition on its rows `t`; columns that tell of more than their row beside.
CONDITIONS: Mapping[str, str] = {
    "ingest_project": f"t.id = {THEIRS}",
    "ingest_connection": f"({_some('t.id')} OR NOT EXISTS "
    f"(SELECT 1 {_OF_CONNECTION}t.id))",
    "ingest_source": OF_PROJECT,
    "ingest_configuration": OF_PROJECT,
    "ingest_milestone": f"EXISTS (SELECT 1 {_MEMBERS})",
    "ingest_milestonemember": OF_PROJECT,
    "ingest_run": OF_PROJECT,
    "ingest_runmilestone": OF_RUN,
    "ingest_runchange": OF_RUN,
    "ingest_thread": OF_RUN,
    "ingest_case": OF_PROJECT,
    "ingest_casealias": OF_PROJECT,
    "ingest_sync": f"CASE WHEN t.project_id IS NOT NULL THEN {OF_PROJECT}"
    f" ELSE {_some('t.connection_id')} AND (EXISTS (SELECT 1 {_SEEN_CHILD})"
    f" OR NOT EXISTS (SELECT 1 {_CHILDREN})) END",
    "ingest_reject": f"CASE WHEN t.project_id IS NOT NULL THEN {OF_PROJECT}"
    f" ELSE NOT {_hidden('t.connection_id')} END",
    "ingest_announcedrun": OF_PROJECT,
    "ingest_unreadablerun": OF_PROJECT,
    "ingest_milestonecase": OF_MEMBER,
    "ingest_pushedrun": OF_RUN,
    "ingest_rundetails": OF_RUN,
    "ingest_casechange": OF_CASE,
    "ingest_threadchange": OF_THREAD,
    "ingest_threaddetails": OF_THREAD,
    "ingest_sharedrun": OF_RUN,
    "ingest_receivedresult": OF_RUN,
    "ingest_relayedpart": OF_PROJECT,
    "ingest_result": OF_PROJECT,
    "ingest_resulttext": OF_PROJECT,
    "ingest_resultchange": OF_PROJECT,
    "ingest_runday": OF_PROJECT,
    "ingest_startedrun": OF_PROJECT,
    "dashboard_projectchoice": OF_PROJECT,
    "dashboard_configurationchoice": _through(
        "ingest_configuration", "configuration_id"
    ),
    "dashboard_runjudgement": OF_RUN,
    "dashboard_casenote": OF_CASE,
    "dashboard_mute": OF_CASE,
    "dashboard_casegroup": f"EXISTS (SELECT 1 FROM {TABLES}.dashboard_groupedcase g"
    f" JOIN {TABLES}.ingest_case o ON o.id = g.case_id"
    f" WHERE g.group_id = t.id AND o.project_id = {THEIRS})",
    "dashboard_groupedcase": OF_CASE,
    "dashboard_othercase": f"{_through('ingest_case', 'first_id')}"
    f" AND {_through('ingest_case', 'second_id')}",
    "dashboard_milestoneplacement": OF_MEMBER,
    "dashboard_act": f"{OF_PROJECT} AND NOT CASE"
    f" WHEN t.kind IN ('same', 'apart') THEN {_OF_CASES}"
    f" WHEN t.kind IN ('join', 'split') THEN {_OF_MILESTONES} ELSE false END",
    "dashboard_standardfigure": OF_PROJECT,
    # Its forecast learned from milestones of all projects.
    "dashboard_milestonefigure": "false",
}
COLUMNS: Mapping[str, Mapping[str, str]] = {
    "ingest_connection": _CONNECTION,
    "ingest_milestone": _MILESTONE,
    "ingest_sync": _SYNC,
}


def model_of(table: str) -> type[Model]:
    """The model of a table of ours."""
    found = {
        model._meta.db_table: model
        for model in apps.get_models(include_auto_created=True)
    }
    return found[table]


def column_names(table: str) -> list[str]:
    fields = model_of(table)._meta.concrete_fields
    return [field.column for field in fields if field.column]


def views() -> dict[str, str]:
    """The query of each view by the name of its table."""
    return {table: _query(table, condition) for table, condition in CONDITIONS.items()}


def _query(table: str, condition: str) -> str:
    own = COLUMNS.get(table, {})
    # Figures are told from others by the transaction that wrote a row.
    listed = [
        f"{own.get(name, f't.{quoted}')} AS {quoted}"
        for name in column_names(table)
        for quoted in (f'"{name}"',)
    ]
    columns = ", ".join([*listed, "t.xmin"])
    return f"SELECT {columns} FROM {TABLES}.{table} t WHERE {condition}"
