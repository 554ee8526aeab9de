"""A project, milestone or run of either API as a record."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from ingest.connectors.reading import part
from ingest.connectors.testomatio.access import Options
from ingest.connectors.testomatio.names import flat, side_fields, snake, title_of, uid
from ingest.contract import (
    Counts,
    MilestoneRecord,
    MilestoneState,
    ProjectRecord,
    RunKind,
    RunRecord,
    RunStatus,
)
from ingest.parse import (
    LONGEST_MS,
    Row,
    RowError,
    identifier,
    kind,
    optional_text,
    text_of,
    whole_number,
)
from ingest.side_fields import SideFields

RUN_STATUSES = {
    "passed": RunStatus.PASSED,
    "failed": RunStatus.FAILED,
    "terminated": RunStatus.CANCELLED,
    "scheduled": RunStatus.RUNNING,
    "launching": RunStatus.RUNNING,
    "running": RunStatus.RUNNING,
}
COUNTERS = ("passed", "failed", "skipped")


def project_record(row: Row, origin: str) -> ProjectRecord:
    """A project; its id is the slug that the paths of both APIs begin with."""
    found = flat(row)
    slug = identifier(found, "id")
    url = f"{origin}/projects/{part(slug)}"
    return ProjectRecord(external_id=slug, name=title_of(found) or slug, url=url)


def milestone_record(row: Row) -> MilestoneRecord:
    """A milestone of v2. The names of its times are nowhere documented: each that says
    what it means is taken, and a milestone without them keeps None."""
    found = flat(row)
    side = side_fields(found)
    is_closed = side.text("status") == "closed"
    return MilestoneRecord(
        external_id=identifier(found, "id"),
        name=title_of(side),
        state=MilestoneState.COMPLETED if is_closed else MilestoneState.OPEN,
        starts_at=_first(side.plan, ("starts_at", "start_date", "started_at")),
        due_at=_first(side.plan, ("due_at", "due_date", "ends_at", "end_date")),
        completed_at=_first(side.moment, ("closed_at", "completed_at", "finished_at")),
        parent_external_id=side.identifier("parent_id"),
        oddity=side.oddity,
    )


def run_record(
    row: Row, project: str, options: Options, group_path: Callable[[str], str]
) -> RunRecord:
    """A run from its flat row.

    It starts when it is launched, or was created where that is not told. `duration` is
    in seconds, and 0 until the run is finished: then the two times are taken.
    """
    run_id = identifier(row, "id")
    raw_status = optional_text(row, "status")
    status = RUN_STATUSES.get(raw_status, RunStatus.UNKNOWN)
    side = side_fields(row)
    started_at = side.moment("launched_at") or side.moment("created_at")
    finished_at = side.moment("finished_at")
    return RunRecord(
        external_id=run_id,
        name=title_of(side) or f"Run {run_id}",
        kind=_run_kind(row, side),
        status=status,
        raw_status=raw_status,
        is_open=status == RunStatus.RUNNING,
        source=_source(row, side, options, group_path),
        configuration=side.attempt(
            "env", lambda: configuration_of(row.get("env")), "", "left out"
        ),
        milestones=tuple(_milestone_ids(row)),
        branch=_named(side, options.branch_field),
        commit=_named(side, options.commit_field),
        started_at=started_at,
        finished_at=finished_at,
        duration_ms=_run_duration_ms(side, finished_at),
        vendor_counts=side.attempt(
            "totals", lambda: _counts(row), None, "totals unknown"
        ),
        status_from_results=raw_status in ("finished", ""),
        vendor_url=f"{options.origin}/projects/{part(project)}/runs/{part(run_id)}",
        oddity=side.oddity,
    )


def configuration_of(env: Any) -> str:
    """The environments of a run as "Chrome, Windows".

    A list or a text with commas, in the vendor's order: that is the one in which a
    person named them, and each order is shown apart there too.
    """
    names = env.split(",") if isinstance(env, str) else [] if env is None else env
    if not isinstance(names, list) or not all(isinstance(n, str) for n in names if n):
        raise RowError(f"env is {kind(env)}, not a text or a list of texts")
    kept = dict.fromkeys(text_of(name).strip() for name in names if name)
    return ", ".join(name for name in kept if name)


def _first(
    read: Callable[[str], datetime | None], names: Iterable[str]
) -> datetime | None:
    return next((found for name in names if (found := read(name))), None)


def _run_kind(row: Row, side: SideFields) -> RunKind:
    """Mixed is automated: a run of both kinds cannot be told apart row by row."""
    word = side.text("kind")
    is_manual = word == "manual" or (not word and row.get("automated") is False)
    return RunKind.MANUAL if is_manual else RunKind.AUTOMATED


def _source(
    row: Row, side: SideFields, options: Options, group_path: Callable[[str], str]
) -> str:
    if options.source_field == "none":
        return ""
    if options.source_field != "rungroup":
        return _named(side, options.source_field)
    group = uid(row.get("rungroup_id"))
    return group_path(group) if group else ""


def _named(side: SideFields, path: str) -> str:
    return side.named_text(snake(path))


def _milestone_ids(row: Row) -> Iterable[str]:
    """Ids of milestones, which no document names in a run: read where they stand."""
    values = row.get("milestones") or [row.get("milestone_id") or row.get("milestone")]
    for value in values if isinstance(values, list) else ():
        found = value.get("id") if isinstance(value, dict) else value
        if isinstance(found, str | int) and found and found is not True:
            yield text_of(str(found))


def _run_duration_ms(side: SideFields, finished_at: datetime | None) -> int | None:
    told_ms = side.duration_ms("duration", unit_ms=1000)
    launched_at = side.moment("launched_at")
    if told_ms or not (launched_at and finished_at):
        return told_ms or None
    between_ms = int((finished_at - launched_at).total_seconds() * 1000)
    return between_ms if 0 <= between_ms <= LONGEST_MS else None


def _counts(row: Row) -> Counts | None:
    """The run's totals in either spelling; None where it carries none."""
    spelled = [
        name if row.get(name) is not None else f"{name}_count" for name in COUNTERS
    ]
    if all(row.get(name) is None for name in spelled):
        return None
    passed, failed, skipped = (whole_number(row, name, default=0) for name in spelled)
    # v2's tests_count is older than its total_tests in the same answer.
    tests = "total_tests" if row.get("total_tests") is not None else "tests_count"
    untested = whole_number(row, tests, default=0) - passed - failed - skipped
    return Counts(
        passed=passed, failed=failed, skipped=skipped, untested=max(0, untested)
    )
