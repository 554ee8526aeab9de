"""What tables hold, to be compared with what the views say that they held."""

from __future__ import annotations

from typing import Any

from django.db import connection

from dashboard.reading.seen import column_names

Copy = dict[str, dict[Any, dict[str, Any]]]

# What a reading of the vendor notes down, and what no look at the past gives back.
TODAYS = {
    "ingest_run": ["active_at", "fingerprint", "is_clean", "must_be_read", "read_at"],
    "ingest_thread": ["external_id", "name"],
    "ingest_case": ["name", "folder", "key", "key_hash"],
    "ingest_milestone": ["due_at"],
    "ingest_milestonemember": ["cases_first_read_at", "cases_read_at", "state"],
    "ingest_runday": ["id"],
    "ingest_connection": ["last_success_at"],
    "ingest_project": ["version", "name"],
}
KEYS = {"ingest_result": ("run_id", "ordinal"), "ingest_runday": ("run_id", "day")}
# Of a run that is still filled they follow with its end.
SEEN = ["first_seen_at", "last_seen_at"]
TABLES = (
    "ingest_result",
    "ingest_run",
    "ingest_thread",
    "ingest_case",
    "ingest_runday",
    "ingest_runmilestone",
    "ingest_milestonecase",
    "ingest_milestone",
    "ingest_milestonemember",
    "ingest_project",
    "ingest_connection",
    "ingest_sync",
    "ingest_reject",
    "ingest_runchange",
    "ingest_resultchange",
    "ingest_threadchange",
    "ingest_casechange",
)


def copy() -> Copy:
    """The rows of all tables, or of the views of these names, by their keys."""
    return {table: rows(table) for table in TABLES}


def without_times_seen(taken: Copy) -> Copy:
    return taken | {
        "ingest_case": {
            key: {name: value for name, value in row.items() if name not in SEEN}
            for key, row in taken["ingest_case"].items()
        }
    }


def rows(table: str) -> dict[Any, dict[str, Any]]:
    names = [n for n in column_names(table) if n not in TODAYS.get(table, ())]
    with connection.cursor() as cursor:
        listed = ", ".join(f'"{name}"' for name in names)
        cursor.execute(f"SELECT {listed} FROM {table}")
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    of = KEYS.get(table, ("id",))
    found = {tuple(row[name] for name in of): row for row in rows}
    assert len(found) == len(rows), f"{table} says one row twice"
    return found


def differences(was: Copy, told: Copy) -> list[str]:
    """A sentence for each row that is not told as it was."""
    found = []
    for table in TABLES:
        before, now = was[table], told[table]
        for key in sorted(before.keys() | now.keys(), key=repr):
            if key not in now:
                found.append(f"{table} {key} is missing")
            elif key not in before:
                found.append(f"{table} {key} was not there")
            else:
                other = {
                    name: (value, now[key][name])
                    for name, value in before[key].items()
                    if now[key][name] != value
                }
                found += [f"{table} {key}: {other}"] if other else []
    return found
