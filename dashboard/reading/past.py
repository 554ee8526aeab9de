"""The views of the schema `past`: of each table the rows as they were recorded at a moment.

They lie upon those of `seen`, so that nobody sees more of the past than of the present.
A row says what it said until the first change that was recorded after the moment: changes
hold what was before them. Tables of which none is kept are as they are today; so are
names, messages, owners, joins and what people said.
"""

from __future__ import annotations

from collections.abc import Mapping

from dashboard.reading.scope import AS_OF, PAST, SEEN, TABLES
from dashboard.reading.seen import CONDITIONS, column_names
from ingest.contract import Status
from ingest.models import STATUS_CODES

# A sub-select is asked once a query, a function in a condition once a row.
MOMENT = f"(SELECT current_setting('{AS_OF}')::timestamptz)"
# As a condition on an index the bare function is asked once, too, and the planner knows
# what it comes to: of the changes there are, few are later.
_LATER = f"recorded_to > current_setting('{AS_OF}')::timestamptz"
_AROUND = f"c.{_LATER} AND c.recorded_from <= {MOMENT}"

_CHANGED_IN_RESULTS = (
    "at",
    "duration_ms",
    "removed_at",
    "thread_id",
    "status",
    "attempt",
    "is_final",
    "has_own_time",
    "raw_status",
)
_RUN_BY_THEN = (
    f"EXISTS (SELECT 1 FROM {TABLES}.ingest_run own"
    f" WHERE own.id = t.run_id AND own.recorded_at <= {MOMENT})"
)
# Where a few rows are asked about for each of many others: all runs once, not each time.
_AMONG_RUNS_BY_THEN = (
    f"t.run_id IN (SELECT id FROM {TABLES}.ingest_run WHERE recorded_at <= {MOMENT})"
)
_UNCHANGED_RESULT = (
    f"(t.recorded_at <= {MOMENT} OR t.recorded_at IS NULL AND {_RUN_BY_THEN})"
    " AND NOT EXISTS ("
    f"SELECT 1 FROM {TABLES}.ingest_resultchange c"
    f" WHERE c.run_id = t.run_id AND c.ordinal = t.ordinal AND {_AROUND})"
)


def _columns(table: str, said: Mapping[str, str]) -> str:
    """All of them, some of which say something else than the row `t` of `seen` does."""
    names = [*column_names(table), "xmin"]
    return ", ".join(f"{said.get(name, f't.{name}')} AS {name}" for name in names)


def _plain(table: str, condition: str = "true", **said: str) -> str:
    return f"SELECT {_columns(table, said)} FROM {SEEN}.{table} t WHERE {condition}"


def _by_then(column: str) -> str:
    """A time that was noted by the moment, NULL where that came later."""
    return f"CASE WHEN t.{column} <= {MOMENT} THEN t.{column} END"


def _results() -> str:
    """Two queries and not a join, so that indexes of times and outcomes serve the one of
    the many rows that say now what they said then.
    """
    table = "ingest_result"
    was = {name: f"c.{name}" for name in _CHANGED_IN_RESULTS}
    was["is_marked_retry"] = "coalesce(c.is_marked_retry, t.is_marked_retry)"
    return f"""
{_plain(table, _UNCHANGED_RESULT)}
UNION ALL
SELECT {_columns(table, was)}
  FROM {TABLES}.ingest_resultchange c
  JOIN {TABLES}.ingest_run own ON own.id = c.run_id
  JOIN {SEEN}.{table} t ON t.project_id = c.project_id
   AND t.partition_on = own.partition_on AND t.run_id = c.run_id
   AND t.ordinal = c.ordinal
 WHERE {_AROUND}
"""


def _runs() -> str:
    """Of each value the first change holds that tells it; names are today's."""
    table = "ingest_run"
    was = _told_by_changes(table, "project_id", "partition_on", "name")
    was["at"] = "coalesce(o.started_at, t.recorded_at)"
    unchanged = f"t.recorded_at <= {MOMENT} AND NOT {_is_changed_run('t.id')}"
    return f"""
{_plain(table, unchanged)}
UNION ALL
SELECT {_columns(table, was)}
  FROM {SEEN}.{table} t
 CROSS JOIN LATERAL (
       SELECT coalesce(jsonb_object_agg(
                  v.key, v.value ORDER BY c.recorded_to DESC, c.id DESC), '{{}}')
              AS values
         FROM {TABLES}.ingest_runchange c, jsonb_each(c.values) v
        WHERE c.run_id = t.id AND c.{_LATER}) c
 CROSS JOIN LATERAL jsonb_populate_record(t, c.values) o
 WHERE t.recorded_at <= {MOMENT} AND {_is_changed_run("t.id")}
"""


def _is_changed_run(run: str) -> str:
    """Whether a run that was there by then, or one of its rows, changed later, or rows
    came to it. Its changes follow each other without a gap, so one of them lies around
    the moment: those of runs that came later, which may be most, do not.
    """
    return (
        f"EXISTS (SELECT 1 FROM {TABLES}.ingest_runchange c"
        f" WHERE c.run_id = {run} AND {_AROUND})"
    )


def _told_by_changes(table: str, *always: str) -> dict[str, str]:
    """The columns as the record `o` has them; what never changes stays that of the row
    `t`, so that its indexes find it.
    """
    lasting = {"id", "recorded_at", *always}
    return {name: f"o.{name}" for name in column_names(table) if name not in lasting}


# By number: two that waited for each other may have noted their times crosswise.
_FIRST = "ORDER BY c.id LIMIT 1"


def _threads() -> str:
    table = "ingest_thread"
    return f"""
SELECT {_columns(table, _told_by_changes(table, "run_id"))}
  FROM {SEEN}.{table} t
  LEFT JOIN LATERAL (
       SELECT c.values FROM {TABLES}.ingest_threadchange c
        WHERE c.thread_id = t.id AND c.{_LATER} {_FIRST}) c ON true
 CROSS JOIN LATERAL jsonb_populate_record(t, coalesce(c.values, '{{}}')) o
 WHERE t.recorded_at <= {MOMENT}
"""


_KEPT = {"gone_at": "timestamptz", "declared_at": "timestamptz", "is_listed": "boolean"}
# Whose rows are still there: what was seen before is known by the case alone.
OLDEST_MONTH = (
    '(SELECT min(to_date(right(relname, 8), \'"y"YYYY"m"MM\'))'
    " FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid"
    f" WHERE inhparent = '{TABLES}.ingest_resulttext'::regclass)"
)


def _cases() -> str:
    """Seen first and last at the times of its results, also of those they had before
    they were put right.
    """
    table = "ingest_case"
    said = {
        name: f"CASE WHEN c.case_id IS NULL THEN t.{name}"
        f" ELSE (c.values ->> '{name}')::{kind} END"
        for name, kind in _KEPT.items()
    }
    known = f"CASE WHEN t.first_seen_at < {OLDEST_MONTH} THEN t.first_seen_at END"
    first, last = _seen("min"), _seen("max", "DESC")
    told = f"{said['declared_at']}, t.first_seen_at"
    said["first_seen_at"] = f"coalesce(least({first}, {known}), {told})"
    said["last_seen_at"] = f"coalesce(greatest({last}), {told})"
    return f"""
SELECT {_columns(table, said)}
  FROM {SEEN}.{table} t
  LEFT JOIN LATERAL (
       SELECT c.case_id, c.values FROM {TABLES}.ingest_casechange c
        WHERE c.case_id = t.id AND c.{_LATER} {_FIRST}) c ON true
 WHERE t.recorded_at <= {MOMENT}
"""


def _seen(extreme: str, direction: str = "") -> str:
    unchanged = _UNCHANGED_RESULT.replace(_RUN_BY_THEN, _AMONG_RUNS_BY_THEN)
    of_rows = unchanged.replace("t.", "r.")
    return (
        f"(SELECT r.at FROM {TABLES}.ingest_result r"
        f" WHERE r.project_id = t.project_id AND r.case_id = t.id AND {of_rows}"
        f" ORDER BY r.at {direction} LIMIT 1),"
        f" (SELECT {extreme}(h.at) FROM {TABLES}.ingest_resultchange h"
        f" WHERE h.case_id = t.id AND h.recorded_from <= {MOMENT})"
    )


# Of a run whose rows went with their month nothing else is left.
_HAS_ROWS = (
    "EXISTS (SELECT 1 FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid"
    f" WHERE inhparent = '{TABLES}.ingest_resulttext'::regclass"
    ' AND right(relname, 8) = to_char(own.partition_on, \'"y"YYYY"m"MM\'))'
)
_COUNTS = ", ".join(
    f"count(*) FILTER (WHERE r.status = {STATUS_CODES[status]})::int AS {status}"
    for status in Status
)


def _days() -> str:
    """Those of runs that changed later are counted anew from what the runs held."""
    table = "ingest_runday"
    totals = ", ".join(f"own.{status}" for status in Status)
    columns = ", ".join(
        ["id", "project_id", "run_id", "day", "first_at", "last_at", *map(str, Status)]
    )
    nobody = "'0'::xid AS xmin"
    number = "-(own.id * 100000 + (d.day - '2000-01-01'::date))"
    return f"""
SELECT {columns}, xmin
  FROM {SEEN}.{table} t
 WHERE EXISTS (
       SELECT 1 FROM {TABLES}.ingest_run own
        WHERE own.id = t.run_id AND own.recorded_at <= {MOMENT}
          AND (NOT {_is_changed_run("own.id")} OR NOT {_HAS_ROWS}))
UNION ALL
SELECT {number}, own.project_id, own.id, d.*, {nobody}
  FROM {PAST}.ingest_run own
 CROSS JOIN LATERAL (
       SELECT (r.at AT TIME ZONE 'UTC')::date AS day, min(r.at) AS first_at,
              max(r.at) AS last_at, {_COUNTS}
         FROM {PAST}.ingest_result r
        WHERE r.project_id = own.project_id AND r.partition_on = own.partition_on
          AND r.run_id = own.id AND r.is_final AND r.removed_at IS NULL
        GROUP BY 1) d
 WHERE own.removed_at IS NULL AND {_is_changed_run("own.id")}
UNION ALL
SELECT {number}, own.project_id, own.id, d.day, own.at, own.at, {totals}, {nobody}
  FROM {PAST}.ingest_run own
 CROSS JOIN LATERAL (SELECT (own.at AT TIME ZONE 'UTC')::date AS day) d
 WHERE own.removed_at IS NULL AND own.detail = 'counts' AND {_HAS_ROWS}
   AND {_is_changed_run("own.id")}
"""


def _syncs() -> str:
    """What one had done by a moment in its middle is not kept."""
    is_over = f"t.finished_at <= {MOMENT}"
    nothing = {
        **dict.fromkeys(("runs_read", "runs_written", "results_read"), "0"),
        **dict.fromkeys(("results_written", "rejected", "unknown_statuses"), "0"),
        **dict.fromkeys(("error", "answer"), "''"),
        "status": "'running'",
        "notes": "'[]'::jsonb",
        "finished_at": "NULL",
    }
    said = {
        name: f"CASE WHEN {is_over} THEN t.{name} ELSE {value} END"
        for name, value in nothing.items()
    }
    said["started_at"] = _by_then("started_at")
    return _plain("ingest_sync", f"t.requested_at <= {MOMENT}", **said)


def _since(column: str) -> str:
    return f"t.{column} <= {MOMENT}"


# Those that the reader sees: a hidden one says nothing of the past either.
_MEMBERS = (
    f"FROM {SEEN}.ingest_milestonemember m WHERE m.milestone_id = t.id"
    f" AND coalesce(m.recorded_at <= {MOMENT}, true)"
)
# Today's, but of one that its tools took away later.
_STATE = (
    "CASE WHEN t.state = 'removed' THEN coalesce((SELECT"
    " CASE WHEN bool_and(m.state = 'completed') THEN 'completed' ELSE 'open' END"
    f" {_MEMBERS} AND m.removed_at > {MOMENT} HAVING count(*) > 0), t.state)"
    " ELSE t.state END"
)


def views() -> dict[str, str]:
    """The query of each view by the name of its table, in an order in which they can be
    made.
    """
    removed = {"removed_at": _by_then("removed_at")}
    own = {
        "ingest_result": _results(),
        "ingest_run": _runs(),
        "ingest_thread": _threads(),
        "ingest_case": _cases(),
        "ingest_runday": _days(),
        "ingest_sync": _syncs(),
        "ingest_project": _plain("ingest_project", _since("created_at"), **removed),
        "ingest_connection": _plain("ingest_connection", _since("created_at")),
        "ingest_milestone": _plain(
            "ingest_milestone", f"EXISTS (SELECT 1 {_MEMBERS})", state=_STATE
        ),
        "ingest_milestonemember": _plain(
            "ingest_milestonemember",
            f"coalesce({_since('recorded_at')}, true)",
            **removed,
        ),
        "ingest_runmilestone": _plain(
            "ingest_runmilestone", _since("recorded_at"), **removed
        ),
        "ingest_milestonecase": _plain(
            "ingest_milestonecase", _since("recorded_at"), **removed
        ),
        "ingest_reject": _plain(
            "ingest_reject", _since("created_at"), resolved_at=_by_then("resolved_at")
        ),
        # What changed later has not changed yet.
        "ingest_runchange": _plain("ingest_runchange", _since("recorded_to")),
        "ingest_resultchange": _plain("ingest_resultchange", _since("recorded_to")),
        "ingest_threadchange": _plain("ingest_threadchange", _since("recorded_to")),
        "ingest_casechange": _plain("ingest_casechange", _since("recorded_to")),
        "ingest_startedrun": _plain("ingest_startedrun", _since("asked_at")),
        "ingest_relayedpart": _plain("ingest_relayedpart", _since("created_at")),
    }
    rest = [table for table in CONDITIONS if table not in own]
    return own | {table: _plain(table) for table in rest}
