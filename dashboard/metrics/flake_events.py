"""The flake events of one case with the executions that hold them, and what those said."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models.functions import Left

from dashboard.column_store.selection import from_microseconds
from dashboard.metrics.executions import Attempt, Execution
from ingest import masking
from ingest.contract import NOT_PASSED
from ingest.models import Case, ResultText, Run
from ingest.series import EventKind, Flakes

# What a message begins with tells what it is about.
MOST_LETTERS = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class FlakeEvent:
    """A flake event with its executions, oldest first; `at` is its last moment."""

    kind: EventKind
    at: datetime
    executions: tuple[Execution, ...]

    @property
    def failed(self) -> Execution:
        """The newest of its executions with an attempt that did not pass."""
        bad = [one for one in self.executions if not_passed(one)]
        return bad[-1] if bad else self.executions[-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOfEvent:
    """What code ran, and where."""

    branch: str
    commit: str
    configuration: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What an attempt failed on: the beginning of its message, and its signature."""

    message: str
    signature: UUID | None


def not_passed(execution: Execution) -> list[Attempt]:
    """Its attempts that did not pass, in their order."""
    return [one for one in execution.attempts if one.status in NOT_PASSED]


def flake_events(found: Flakes, executions: Iterable[Execution]) -> list[FlakeEvent]:
    """The events of a case, newest first, with those of its executions that hold them."""
    by_run = {one.run: one for one in executions}
    events = []
    for event in found.events:
        held = [by_run[run] for run in event.runs if run in by_run]
        # A sync may take rows away between two queries.
        if held:
            at = from_microseconds(event.last_at)
            in_order = sorted(held, key=lambda one: (one.at, one.run_external_id))
            events.append(
                FlakeEvent(kind=event.kind, at=at, executions=tuple(in_order))
            )
    return events[::-1]


def said_by(
    case: Case, executions: Collection[Execution]
) -> dict[tuple[int, int], Said]:
    """By run and ordinal, what the attempts that did not pass failed on. One query."""
    wanted = {(one.run, a.ordinal) for one in executions for a in not_passed(one)}
    if not wanted:
        return {}
    texts = (
        ResultText.objects.filter(
            project_id=case.project_id,
            partition_on__in={one.partition_on for one in executions},
            run_id__in={run for run, _ in wanted},
            ordinal__in={ordinal for _, ordinal in wanted},
        )
        .exclude(message="")
        .values_list("run_id", "ordinal", Left("message", MOST_LETTERS), "signature")
    )
    return {
        (run, ordinal): Said(
            message=head, signature=signature or masking.signature(head)
        )
        for run, ordinal, head, signature in texts
        if (run, ordinal) in wanted
    }


def most_said(
    executions: Iterable[Execution], said: Mapping[tuple[int, int], Said]
) -> tuple[str, float]:
    """The message behind most of the attempts that did not pass, and its share of them;
    "" where none says anything.
    """
    all_said = [
        said.get((one.run, attempt.ordinal))
        for one in executions
        for attempt in not_passed(one)
    ]
    counted = Counter(one.signature for one in all_said if one)
    if not counted:
        return "", 0.0
    signature, number = counted.most_common(1)[0]
    message = next(
        one.message for one in all_said if one and one.signature == signature
    )
    return message, number / len(all_said)


def runs_of_events(events: Sequence[FlakeEvent]) -> dict[int, RunOfEvent]:
    """Of the runs that the events failed in. One query."""
    runs = Run.objects.filter(pk__in={event.failed.run for event in events})
    columns = ("pk", "branch", "commit", "configuration__name")
    return {
        run: RunOfEvent(branch=branch, commit=commit, configuration=name or "")
        for run, branch, commit, name in runs.values_list(*columns)
    }
