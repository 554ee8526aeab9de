"""Tests that a tool lists: cases that never ran while it lists them, and no longer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Coalesce

from ingest.contract import CaseRecord
from ingest.models import MilestoneCase, MilestoneMember, Project
from ingest.models.runs import key_hash
from ingest.upsert.blocks import blocks
from ingest.upsert.cases import CaseIndex

# Keys of results that tell a test's parameters go on so behind the key of the test.
PARAMETERS = " ["

# In one order, as whoever else locks cases does.
# What is listed and lost all of its results is as one that never ran.
_LISTED = """
WITH locked AS (
    SELECT id FROM ingest_case
     WHERE project_id = %s AND key_hash = ANY(%s::uuid[])
       AND (gone_at IS NOT NULL OR declared_at IS NOT NULL AND NOT is_listed)
     ORDER BY id FOR UPDATE)
UPDATE ingest_case c SET is_listed = true, gone_at = NULL,
                         declared_at = coalesce(declared_at, %s)
  FROM locked WHERE locked.id = c.id
"""
_GONE = """
WITH locked AS (
    SELECT id FROM ingest_case
     WHERE project_id = %s AND declared_at IS NOT NULL AND is_listed
       AND gone_at IS NULL AND key_hash <> ALL(%s::uuid[]) ORDER BY id FOR UPDATE),
unnamed AS (DELETE FROM ingest_casealias a USING locked WHERE a.case_id = locked.id)
UPDATE ingest_case c SET gone_at = %s FROM locked WHERE locked.id = c.id
"""
# So that a result that comes without an id, by its path and title, is of this case.
_NAMED = """
INSERT INTO ingest_casealias (project_id, case_id, key, key_hash)
SELECT c.project_id, c.id, told.key, told.key_hash
  FROM unnest(%s::uuid[], %s::text[], %s::uuid[]) AS told(case_hash, key, key_hash)
  JOIN ingest_case c ON c.project_id = %s AND c.key_hash = told.case_hash
 WHERE c.declared_at IS NOT NULL AND NOT EXISTS (
       SELECT FROM ingest_case other
        WHERE other.project_id = c.project_id AND other.key_hash = told.key_hash)
 ORDER BY told.key_hash
    ON CONFLICT DO NOTHING
"""
_WITH_PARAMETERS = f"""
SELECT DISTINCT split_part(key, '{PARAMETERS}', 1) FROM ingest_case
 WHERE project_id = %s AND declared_at IS NULL AND gone_at IS NULL
   AND strpos(key, '{PARAMETERS}') > 0
"""
_CASES = f"""
SELECT id FROM ingest_case
 WHERE project_id = %s AND gone_at IS NULL
   AND (key_hash = ANY(%s::uuid[])
        OR strpos(key, '{PARAMETERS}') > 0
           AND split_part(key, '{PARAMETERS}', 1) = ANY(%s))
"""


def store_listed_cases(
    project: Project,
    records: Sequence[CaseRecord],
    now: datetime,
    *,
    is_whole: bool,
    hold: Callable[[], None] = lambda: None,
) -> None:
    """Make the cases of listed tests that did not run, and mark those as gone that never
    ran and that the list, if it is whole, no longer holds.

    A test of which results with parameters are there has run. In short transactions;
    `hold` is called before each.
    """
    ran = _keys_with_parameters(project)
    waiting = _with_their_own_names([r for r in records if r.key not in ran])
    index, changes = CaseIndex(project), 0
    if is_whole:
        # Before the others, so that one of them can have the name.
        hold()
        changes += _mark_gone(project, [record.key for record in waiting], now)
    for block in blocks(waiting):
        hold()
        with transaction.atomic():
            changes += index.declare(block, now)
            changes += _mark_listed(project, block, now)
        index.lighten()
    if changes:
        raise_version(project)


def store_milestone_cases(
    member: MilestoneMember, keys: Collection[str], now: datetime, *, is_whole: bool
) -> None:
    """Make just these the cases of a milestone; without those that a list that is not
    whole may have left out.
    """
    with transaction.atomic():
        wanted = set(_cases(member.project_id, keys)) if keys else set()
        links = MilestoneCase.objects.filter(member=member, removed_at=None)
        stored = dict(links.values_list("case_id", "pk"))
        gone = [pk for case, pk in stored.items() if case not in wanted]
        new = sorted(wanted - stored.keys())
        if is_whole and gone:
            MilestoneCase.objects.filter(pk__in=gone).update(removed_at=now)
        MilestoneCase.objects.bulk_create(
            MilestoneCase(member=member, case_id=case, recorded_at=now) for case in new
        )
        MilestoneMember.objects.filter(pk=member.pk).update(
            cases_read_at=now, cases_first_read_at=Coalesce("cases_first_read_at", now)
        )
    if new or (is_whole and gone):
        raise_version(member.project)


def raise_version(project: Project) -> None:
    """What was computed of its tests before is of other tests."""
    Project.objects.filter(pk=project.pk).update(version=F("version") + 1)


def _with_their_own_names(records: Sequence[CaseRecord]) -> list[CaseRecord]:
    """Each key once, without a name key that two of them share."""
    known = {record.key: record for record in records}
    shared = Counter(record.name_key for record in known.values())
    return [
        record if shared[record.name_key] == 1 else replace(record, name_key="")
        for record in known.values()
    ]


def _keys_with_parameters(project: Project) -> frozenset[str]:
    with connection.cursor() as cursor:
        cursor.execute(_WITH_PARAMETERS, [project.pk])
        return frozenset(key for (key,) in cursor.fetchall())


def _mark_listed(project: Project, block: Sequence[CaseRecord], now: datetime) -> int:
    named = [r for r in block if r.name_key not in ("", r.key)]
    with connection.cursor() as cursor:
        cursor.execute(_LISTED, [project.pk, _hashes(r.key for r in block), now])
        changed: int = cursor.rowcount
        cursor.execute(
            _NAMED,
            [
                _hashes(r.key for r in named),
                [r.name_key for r in named],
                _hashes(r.name_key for r in named),
                project.pk,
            ],
        )
    return changed


def _mark_gone(project: Project, keys: Sequence[str], now: datetime) -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_GONE, [project.pk, _hashes(keys), now])
        gone: int = cursor.rowcount
    return gone


def _cases(project: int, keys: Collection[str]) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(_CASES, [project, _hashes(keys), list(keys)])
        return [case for (case,) in cursor.fetchall()]


def _hashes(keys: Iterable[str]) -> list[str]:
    return [key_hash(key).hex for key in keys]
