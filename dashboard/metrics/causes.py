"""Which of the newly failing cases share a cause: a failure signature in one project."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from dashboard.metrics.messages import HEAD
from dashboard.metrics.status_transitions import NewlyFailing
from ingest.masking import VERSION
from ingest.masking import signature as signature_of

LONGEST_TITLE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureLine:
    """The first line of a failure's message, and the message's signature."""

    line: str
    signature: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class CauseGroup:
    """Cases of one project that share a cause, in the order of their streaks.

    `key` names the cause in addresses; `line` is the first line of the newest message,
    "" without any. `since` and `since_run` are of the case that failed first.
    """

    key: str
    project: int
    line: str
    cases: tuple[NewlyFailing, ...]

    @property
    def since(self) -> datetime:
        return self.cases[0].since

    @property
    def since_run(self) -> int:
        return self.cases[0].since_run


_TEXTS = """
SELECT asked.case_id, CASE WHEN t.masking = %s THEN left(t.message, %s)
                           ELSE t.message END, t.signature, t.masking
  FROM unnest(%s::bigint[], %s::bigint[]) AS asked(case_id, run_id)
  JOIN ingest_run run ON run.id = asked.run_id
  JOIN ingest_result r ON r.project_id = run.project_id AND r.run_id = run.id
   AND r.partition_on = run.partition_on AND r.case_id = asked.case_id
   AND r.is_final AND r.removed_at IS NULL
  JOIN ingest_resulttext t ON t.project_id = r.project_id AND t.run_id = r.run_id
   AND t.partition_on = r.partition_on AND t.ordinal = r.ordinal
"""


def causes(failing: Sequence[NewlyFailing]) -> tuple[CauseGroup, ...]:
    """The cases by cause: largest group first, then the one that failed first."""
    said = said_by(failing)
    groups: dict[str, list[NewlyFailing]] = {}
    for item in failing:
        groups.setdefault(cause_key(item, said.get(item.case)), []).append(item)
    made = [_group(key, cases, said) for key, cases in groups.items()]
    made.sort(key=lambda group: (-len(group.cases), group.since, group.cases[0].case))
    return tuple(made)


def said_by(failing: Sequence[NewlyFailing]) -> dict[int, FailureLine]:
    """By case, what its newest failing result says; cases without a message are left
    out.
    """
    if not failing:
        return {}
    cases, runs = [x.case for x in failing], [x.newest_run for x in failing]
    # Without a signature of these rules one has to be made of the whole.
    asked: list[Any] = [VERSION, HEAD, cases, runs]
    with connection.cursor() as cursor:
        cursor.execute(_TEXTS, asked)
        rows = cursor.fetchall()
    return {case: _failure_line(*told) for case, *told in rows if _line(told[0])}


def _failure_line(
    message: str, signature: UUID | None, masking: int | None
) -> FailureLine:
    # Stored by older rules, or by none, until the housekeeping comes to it.
    if signature is None or masking != VERSION:
        signature = signature_of(message)
    return FailureLine(line=_line(message), signature=signature)


def cause_key(item: NewlyFailing, line: FailureLine | None) -> str:
    """Equal for cases with one cause: of one project, with one signature.

    A case without any message shares its cause with no other.
    """
    if line is None:
        return f"{item.project}-case-{item.case}"
    return f"{item.project}-{line.signature.hex}"


def _group(
    key: str, cases: Sequence[NewlyFailing], lines: Mapping[int, FailureLine]
) -> CauseGroup:
    newest = max(cases, key=lambda item: (item.newest_at, item.case))
    told = lines.get(newest.case)
    return CauseGroup(
        key=key,
        project=newest.project,
        line=told.line if told else "",
        cases=tuple(sorted(cases, key=lambda item: (item.since, item.case))),
    )


def _line(message: str) -> str:
    """The first line that says anything, with its spaces collapsed."""
    lines = (" ".join(line.split()) for line in message.splitlines())
    return next((line for line in lines if line), "")[:LONGEST_TITLE]
