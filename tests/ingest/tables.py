"""All that a sync leaves in the tables, without ids of ours and times of recording."""

from __future__ import annotations

from typing import Any

from ingest.models import (
    Case,
    MilestoneMember,
    Result,
    ResultText,
    Run,
    RunDay,
    RunMilestone,
    Thread,
)

RUN = [
    "project__external_id",
    "name",
    "kind",
    "status",
    "raw_status",
    "is_open",
    "detail",
    "source__name",
    "configuration__name",
    "branch",
    "commit",
    "started_at",
    "finished_at",
    "duration_ms",
    "vendor_counts",
    "thread_count",
    "is_outage",
    "passed",
    "failed",
    "error",
    "skipped",
    "blocked",
    "untested",
    "running",
    "unknown",
    "attempts_passed",
    "attempts_not_passed",
    "attempts_other",
    "removed_at",
]


def tables() -> dict[str, list[Any]]:
    """Rows by table, comparable between two databases that saw the same vendor."""
    texts = {
        (run, ordinal): (message, url)
        for run, ordinal, message, url in ResultText.objects.values_list(
            "run_id", "ordinal", "message", "vendor_url"
        )
    }
    results = [
        (*row[2:], *texts.get((row[0], row[1]), ("", "")))
        for row in Result.objects.values_list(
            "run_id",
            "ordinal",
            "run__external_id",
            "case__key",
            "attempt",
            "status",
            "raw_status",
            "is_final",
            "at",
            "duration_ms",
            "thread__external_id",
            "removed_at",
        )
    ]
    return {
        "runs": _sorted(Run.objects.values_list("external_id", *RUN)),
        "results": _sorted(results),
        "days": _sorted(
            RunDay.objects.values_list(
                "run__external_id", "day", "first_at", "last_at", "passed", "failed"
            )
        ),
        "cases": _sorted(
            Case.objects.values_list(
                "key", "name", "folder", "first_seen_at", "last_seen_at"
            )
        ),
        "threads": _sorted(
            Thread.objects.values_list("run__external_id", "external_id", "passed")
        ),
        "milestones": _sorted(
            MilestoneMember.objects.values_list("external_id", "name", "state")
        ),
        "memberships": _sorted(
            RunMilestone.objects.filter(removed_at=None).values_list(
                "run__external_id", "member__external_id"
            )
        ),
    }


def _sorted(rows: Any) -> list[Any]:
    return sorted((tuple(row) for row in rows), key=repr)
