"""Results of formats that name each one, so that what is sent again is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple
from uuid import UUID

from django.db import connection, transaction

from ingest.contract import ResultRecord
from ingest.intake.errors import UnknownRunError
from ingest.intake.runs import append_results
from ingest.models import ReceivedResult, Run
from ingest.models.runs import key_hash


class Named(NamedTuple):
    """`name` is the execution's own in its run, "" where the format gives none; `content`
    is all that it says.
    """

    record: ResultRecord
    name: str
    content: str

    @property
    def hashes(self) -> tuple[UUID, UUID]:
        return key_hash(self.name), key_hash(f"{self.name}\n{self.content}")


def append_new(
    run_id: int,
    results: Sequence[Named],
    *,
    is_correction: bool = False,
    takes_late: bool = False,
) -> int:
    """Store those that did not come in yet, and give their number.

    The same name with other words is the same execution tried again: a marked retry.
    With `is_correction` it is what holds from now on, even if it was said before. Raises
    as `append_results` does.
    """
    with transaction.atomic():
        run = Run.objects.select_for_update(of=["self"]).filter(pk=run_id).first()
        if run is None:
            raise UnknownRunError(f"There is no run {run_id}.")
        new = _new(run, results, is_correction)
        return append_results(run_id, new, takes_late=takes_late)


def _new(run: Run, results: Sequence[Named], is_correction: bool) -> list[ResultRecord]:
    hashes = [one.hashes for one in results]
    if is_correction:
        _forget_others(run, hashes)
    known = ReceivedResult.objects.filter(
        run=run, name_hash__in={name for name, _ in hashes}
    )
    tried = set(known.values_list("name_hash", flat=True))
    new = _inserted(run, hashes)
    found = []
    for one, (name, content) in zip(results, hashes, strict=True):
        if content not in new:
            continue
        new.remove(content)
        is_retry = bool(one.name) and name in tried and not is_correction
        tried.add(name)
        found.append(
            replace(one.record, is_marked_retry=True) if is_retry else one.record
        )
    return found


def _inserted(run: Run, hashes: Sequence[tuple[UUID, UUID]]) -> set[UUID]:
    """The contents that were not there."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO ingest_receivedresult (run_id, name_hash, content_hash)
            SELECT %s, n, c FROM unnest(%s::uuid[], %s::uuid[]) AS t(n, c)
            ON CONFLICT DO NOTHING RETURNING content_hash
            """,
            [run.pk, [name for name, _ in hashes], [content for _, content in hashes]],
        )
        return {content for (content,) in cursor.fetchall()}


def _forget_others(run: Run, hashes: Sequence[tuple[UUID, UUID]]) -> None:
    """Of each name, what it said before."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            DELETE FROM ingest_receivedresult r
             USING unnest(%s::uuid[], %s::uuid[]) AS t(n, c)
             WHERE r.run_id = %s AND r.name_hash = t.n AND r.content_hash <> t.c
            """,
            [[name for name, _ in hashes], [content for _, content in hashes], run.pk],
        )
