"""What the failures of one run say: the groups of failures, as far as they are its own."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from dashboard.filters.signatures import unsigned_messages
from dashboard.filters.state import NO_MESSAGE
from dashboard.lists.run_results import attempts_of_run
from ingest import masking
from ingest.contract import Status
from ingest.models import NOT_PASSED_CODES, STATUS_OF_CODE, Run

LINE_LENGTH = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageCase:
    """A final result in a group of like messages."""

    case: int
    name: str
    status: Status
    thread: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageGroup:
    """Failures whose messages have one signature; `cases` are the first of `count`.

    `signature` is as filters take it, NO_MESSAGE without a message; `text` is the line
    that the first of them begins with.
    """

    signature: str
    text: str
    count: int
    cases: tuple[MessageCase, ...]


# Messages that the housekeeping has still to sign get their signature from the arrays,
# which are empty in most cases.
_GROUPS = """
WITH chosen AS (
    SELECT r.case_id, r.status, r.thread_id, r.ordinal,
           left(split_part(btrim(coalesce(t.message, ''), E' \\r\\n\\t'), E'\\n', 1),
                %(length)s) AS line,
           CASE WHEN coalesce(t.message, '') = '' THEN NULL
                WHEN t.masking = %(masking)s THEN t.signature
                ELSE old.signature END AS signature
      FROM ingest_result r
      LEFT JOIN ingest_resulttext t USING (project_id, partition_on, run_id, ordinal)
      LEFT JOIN unnest(%(messages)s::text[], %(signatures)s::uuid[])
             AS old(message, signature)
             ON t.masking IS DISTINCT FROM %(masking)s AND old.message = t.message
     WHERE r.project_id = %(project)s AND r.partition_on = %(partition)s
       AND r.run_id = %(run)s AND r.is_final AND r.removed_at IS NULL
       AND r.status = ANY(%(failed)s) AND r.case_id = ANY(%(cases)s)),
placed AS (
    SELECT *, count(*) OVER (PARTITION BY signature) AS size,
           row_number() OVER (PARTITION BY signature ORDER BY ordinal) AS place
      FROM chosen),
ranked AS (
    SELECT *, dense_rank() OVER (ORDER BY size DESC, signature) AS rank FROM placed)
SELECT p.signature, p.line, p.size, p.status, c.id, c.name, coalesce(h.name, '')
  FROM ranked p JOIN ingest_case c ON c.id = p.case_id
  LEFT JOIN ingest_thread h ON h.id = p.thread_id
 WHERE p.place <= %(per_group)s AND p.rank <= %(groups)s
 ORDER BY p.rank, p.place
"""


def message_groups(
    run: Run, cases: Collection[int], *, groups: int, per_group: int
) -> list[MessageGroup]:
    """The largest groups among the failures of `cases`, by the signatures of `ingest`,
    so that a failure is in the same group here and among all failures. Two queries.
    """
    if not cases:
        return []
    failed = attempts_of_run(run).filter(
        is_final=True, status__in=NOT_PASSED_CODES, case_id__in=list(cases)
    )
    messages, signatures = unsigned_messages(failed)
    params: dict[str, Any] = {
        "length": LINE_LENGTH,
        "masking": masking.VERSION,
        "messages": messages,
        "signatures": signatures,
        "project": run.project_id,
        "partition": run.partition_on,
        "run": run.pk,
        "failed": NOT_PASSED_CODES,
        "cases": list(cases),
        "groups": groups,
        "per_group": per_group,
    }
    found: dict[str, list[tuple[Any, ...]]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_GROUPS, params)
        for row in cursor.fetchall():
            found.setdefault(str(row[0] or NO_MESSAGE), []).append(row)
    return [_group(signature, members) for signature, members in found.items()]


def _group(signature: str, members: Sequence[tuple[Any, ...]]) -> MessageGroup:
    _, text, size = members[0][:3]
    return MessageGroup(
        signature=signature,
        text=text,
        count=size,
        cases=tuple(
            MessageCase(
                case=case, name=name, status=STATUS_OF_CODE[code], thread=thread
            )
            for _, _, _, code, case, name, thread in members
        ),
    )
