"""Bodies of the reporter that tell of a run: its creation and its end."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ingest.connectors.testomatio.runs import configuration_of
from ingest.contract import RunKind, RunStatus
from ingest.details import Details, Field, Link
from ingest.intake.errors import InvalidError
from ingest.intake.testomatio.values import body_of, names
from ingest.parse import Row, kind
from ingest.side_fields import SideFields

# Testomat.io's own: a shared run waits so long for another process.
SHARED_MINUTES = 20
MOST_MINUTES = 7 * 24 * 60
EVENTS = {
    "pass": RunStatus.PASSED,
    "fail": RunStatus.FAILED,
    "finish": None,
    "terminate": RunStatus.CANCELLED,
}
# Of one of several processes that end by themselves; the run goes on.
OF_ONE_PROCESS = "_parallel"


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What is told of a run. `shared_title` is "" for one that is not shared; `shards`
    is None where nobody said how many processes there are.
    """

    title: str = ""
    kind: RunKind = RunKind.AUTOMATED
    configuration: str = ""
    group: str = ""
    shared_title: str = ""
    shared_minutes: int = SHARED_MINUTES
    shards: int | None = None
    details: Details = field(default_factory=Details)


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """`status` is None where it follows from the results; `is_forced` ends a shared run."""

    status: RunStatus | None
    duration_ms: int | None
    is_of_one: bool
    is_forced: bool


def head_of(body: Any) -> Head:
    """The run that a create or a reuse tells of; raises InvalidError."""
    row = body_of(body)
    side = SideFields(row)
    title = " ".join(side.text("title").split())
    is_shared = bool(title) and side.flag("shared_run", default=False)
    return Head(
        title=title,
        kind=RunKind.MANUAL if row.get("kind") == "manual" else RunKind.AUTOMATED,
        configuration=side.attempt(
            "env", lambda: configuration_of(row.get("env")), "", "left out"
        ),
        group=side.text("group_title").strip(),
        shared_title=title if is_shared else "",
        shared_minutes=_number(row.get("shared_run_timeout")) or SHARED_MINUTES,
        shards=_number(row.get("shared_run_shards")),
        details=_details(row, side),
    )


def end_of(body: Any) -> End | None:
    """How a run ends by this body, None where it only tells of it; InvalidError."""
    row = body_of(body)
    event = row.get("status_event")
    if event is None:
        return None
    word = event.removesuffix(OF_ONE_PROCESS) if isinstance(event, str) else ""
    if word not in EVENTS:
        known = ", ".join(EVENTS)
        raise InvalidError(f"status_event is {kind(event)}, none of {known}.")
    side = SideFields(row)
    return End(
        status=EVENTS[word],
        duration_ms=side.duration_ms("duration", unit_ms=1000),
        is_of_one=event != word,
        is_forced=side.flag("force_finish_shared_run", default=False),
    )


def _details(row: Row, side: SideFields) -> Details:
    found = Details()
    if labels := names(row.get("label")):
        found["tags"] = labels
    if build := side.text("ci_build_url"):
        found["links"] = [Link(name="CI build", url=build, note="")]
    fields = [
        Field(type=type_, name=name, value=value, meta={}, is_highlight=False)
        for key, type_, name in (
            ("jira_id", 1, "Jira"),
            ("description", 2, "Description"),
        )
        if (value := side.text(key))
    ]
    if fields:
        found["fields"] = fields
    return found


def _number(value: Any) -> int | None:
    """A number above zero, which comes from the environment as a text at times."""
    try:
        found = int(value) if isinstance(value, str | int | float) else 0
    except (ValueError, OverflowError):
        return None
    return min(found, MOST_MINUTES) if found > 0 else None
