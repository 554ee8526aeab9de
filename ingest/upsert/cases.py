"""Cases found or made by key, and the take-over of a name-keyed case by its id."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeAlias
from uuid import UUID

from django.db import connection

from ingest.contract import CaseRecord, ResultRecord
from ingest.models import Case, CaseAlias, Project
from ingest.models.runs import key_hash, key_hex
from ingest.upsert.blocks import array, blocks
from ingest.upsert.gone import mark_as_run

Told: TypeAlias = ResultRecord | CaseRecord
# With their names; beyond, they are looked up again.
MOST_KNOWN = 60_000


# One after the other by their own index, to which OFFSET keeps the planner. It has no
# statistics of cases that were just made: it would read all of a project's for some of
# them, and for each of them, if it saw which project it is, and knew of no case in that.
# Times as numbers: the driver takes longer to read a time than all the rest of a case.
_FIND = """
SELECT wanted.place, c.*
  FROM (SELECT %s::bigint AS project, hash, place
          FROM unnest(%s::uuid[]) WITH ORDINALITY AS t(hash, place) OFFSET 0) wanted
 CROSS JOIN LATERAL (
       SELECT id, name, folder, extract(epoch FROM last_seen_at)::float8,
              declared_at IS NOT NULL
         FROM ingest_case
        WHERE project_id = wanted.project AND key_hash = wanted.hash OFFSET 0) c
"""
_MAKE = """
INSERT INTO ingest_case (project_id, key, key_hash, name, folder, first_seen_at,
                         last_seen_at, declared_at, owner)
SELECT %s, key, hash, name, folder, at, at, CASE WHEN %s THEN at END, ''
  FROM unnest(%s::text[], %s::uuid[], %s::text[], %s::text[], %s::timestamptz[])
       AS new(key, hash, name, folder, at)
ON CONFLICT DO NOTHING
"""


@dataclass(slots=True)
class KnownCase:
    pk: int
    name: str
    folder: str
    last_seen_at: datetime
    never_ran: bool


class CaseIndex:
    """A project's cases by key, loaded as far as its runs ask for them.

    It remembers the first and last time that each case was seen, until `flush_times`.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._known: dict[str, KnownCase] = {}
        self._seen: dict[int, tuple[datetime, datetime]] = {}

    def ids(
        self,
        records: Sequence[ResultRecord],
        times: Sequence[datetime],
        *,
        are_stored: bool = True,
    ) -> list[int]:
        """The case of each record, made where there is none yet; seen at these times, if
        the records are stored.
        """
        newest: dict[str, tuple[Told, datetime]] = {}
        for record, at in zip(records, times, strict=True):
            if record.key not in newest or at > newest[record.key][1]:
                newest[record.key] = (record, at)
        self._find_or_make(newest)
        self._note_first_runs(newest)
        self._rename(newest)
        found = [self._known[record.key].pk for record in records]
        if are_stored:
            self._note_times(found, times)
        return found

    def declare(self, records: Iterable[Told], at: datetime) -> int:
        """Make cases of tests that a tool told of and that did not run; how many are new.

        Names of those that never ran follow; of others results say more.
        """
        told: dict[str, tuple[Told, datetime]] = {r.key: (r, at) for r in records}
        made = self._find_or_make(told, is_declared=True)
        waiting = {k: told[k] for k in told if self._known[k].never_ran}
        self._rename(waiting)
        return made

    def _find_or_make(
        self,
        wanted: dict[str, tuple[Told, datetime]],
        *,
        is_declared: bool = False,
    ) -> int:
        missing = [key for key in wanted if key not in self._known]
        if not missing:
            return 0
        for block in blocks(missing):
            self._load(block)
        self._take_over([wanted[key][0] for key in missing])
        new = [wanted[key] for key in missing if key not in self._known]
        # Always in one order, over all blocks: two that wait for each other's rows would
        # wait for ever.
        new.sort(key=lambda one: key_hex(one[0].key))
        for made in blocks(new):
            self._create(made, is_declared=is_declared)
        told = (record for record, _ in new if isinstance(record, ResultRecord))
        if listed := {record.listed_key for record in told if record.listed_key}:
            mark_as_run(self._project.pk, listed)
        return len(new)

    def _note_first_runs(self, newest: dict[str, tuple[Told, datetime]]) -> None:
        """Cases that never ran until now were first seen when they did."""
        first = {
            case.pk: (case, at)
            for key, (_, at) in newest.items()
            if (case := self._known[key]).never_ran
        }
        if not first:
            return
        pks = sorted(first)
        with connection.cursor() as cursor:
            cursor.execute(
                """
                WITH locked AS (
                    SELECT c.id, t.at FROM ingest_case c
                      JOIN unnest(%s::bigint[], %s::timestamptz[]) AS t(id, at)
                        ON c.id = t.id
                     WHERE c.declared_at IS NOT NULL ORDER BY c.id FOR UPDATE OF c
                )
                UPDATE ingest_case c SET declared_at = NULL, first_seen_at = locked.at,
                                         last_seen_at = locked.at
                  FROM locked WHERE locked.id = c.id
                """,
                [pks, [first[pk][1] for pk in pks]],
            )
        for case, at in first.values():
            case.never_ran, case.last_seen_at = False, at

    def forget(self) -> None:
        """Drop what was looked up, after a transaction that was rolled back.

        Cases made in it do not exist, and nothing in the database would say so.
        """
        self._known.clear()

    def lighten(self) -> None:
        """Between two runs: keep no more cases in memory than a large project has."""
        if len(self._known) > MOST_KNOWN or len(self._seen) > MOST_KNOWN:
            self.flush_times()
            self._known.clear()

    def seen(self) -> dict[int, tuple[datetime, datetime]]:
        """The times noted so far, to go back to with `restore`."""
        return dict(self._seen)

    def restore(self, seen: dict[int, tuple[datetime, datetime]]) -> None:
        self._seen = seen

    def flush_times(self) -> None:
        """Widen the stored first and last times by what was seen since the last call."""
        if not self._seen:
            return
        with connection.cursor() as cursor:
            cursor.execute(
                """
                UPDATE ingest_case c
                   SET first_seen_at = least(c.first_seen_at, t.first),
                       last_seen_at = greatest(c.last_seen_at, t.last)
                  FROM unnest(%s::bigint[], %s::timestamptz[], %s::timestamptz[])
                       AS t(id, first, last)
                 WHERE c.id = t.id
                   AND (t.first < c.first_seen_at OR t.last > c.last_seen_at)
                """,
                [
                    list(self._seen),
                    [first for first, _ in self._seen.values()],
                    [last for _, last in self._seen.values()],
                ],
            )
        self._seen.clear()

    def _note_times(self, cases: Sequence[int], times: Sequence[datetime]) -> None:
        for case, at in zip(cases, times, strict=True):
            seen = self._seen.get(case)
            if seen is None:
                self._seen[case] = (at, at)
            elif at < seen[0]:
                self._seen[case] = (at, seen[1])
            elif at > seen[1]:
                self._seen[case] = (seen[0], at)

    def _load(self, keys: Iterable[str]) -> None:
        asked = list(keys)
        hashes = [key_hex(key) for key in asked]
        with connection.cursor() as cursor:
            cursor.execute(_FIND, [self._project.pk, array(hashes)])
            for place, pk, name, folder, seen_s, never_ran in cursor.fetchall():
                self._known[asked[place - 1]] = KnownCase(
                    pk, name, folder, datetime.fromtimestamp(seen_s, UTC), never_ran
                )
        pairs = zip(hashes, asked, strict=True)
        rest = {UUID(one): key for one, key in pairs if key not in self._known}
        if not rest:
            return
        aliases = CaseAlias.objects.filter(project=self._project, key_hash__in=rest)
        for alias in aliases.select_related("case"):
            self._known[rest[alias.key_hash]] = _known(alias.case)

    def _take_over(self, records: Sequence[Told]) -> None:
        """Give a name-keyed case the id that appears for it, and for it alone."""
        wanting = [r for r in records if r.key not in self._known and r.name_key]
        wanting = [r for r in wanting if r.name_key != r.key]
        claims = Counter(record.name_key for record in wanting)
        alone = {r.name_key: r for r in wanting if claims[r.name_key] == 1}
        for block in blocks(alone):
            self._take_over_block({key: alone[key] for key in block})

    def _take_over_block(self, alone: dict[str, Told]) -> None:
        rows = Case.objects.filter(
            project=self._project, key_hash__in=[key_hash(key) for key in alone]
        )
        for case in rows:
            record, old_key = alone[case.key], case.key
            CaseAlias.objects.create(
                project=self._project, case=case, key=old_key, key_hash=case.key_hash
            )
            case.key, case.key_hash = record.key, key_hash(record.key)
            # Whoever knew no id may have known no more of the path than its end.
            case.folder = record.folder
            case.save(update_fields=["key", "key_hash", "folder"])
            self._known[record.key] = self._known[old_key] = _known(case)

    def _create(
        self,
        wanted: Sequence[tuple[Told, datetime]],
        *,
        is_declared: bool,
    ) -> None:
        """Make them, but for those that somebody else makes at the same moment."""
        keys = [record.key for record, _ in wanted]
        columns: list[list[str] | str] = [
            keys,
            array(map(key_hex, keys)),
            [record.name or record.key for record, _ in wanted],
            [record.folder for record, _ in wanted],
            array(f'"{at.isoformat()}"' for _, at in wanted),
        ]
        with connection.cursor() as cursor:
            cursor.execute(_MAKE, [self._project.pk, is_declared, *columns])
        self._load(keys)

    def _rename(self, newest: dict[str, tuple[Told, datetime]]) -> None:
        """Take name and folder from the newest result, whatever order runs come in."""
        # In one order, for the same reason as new ones.
        renamed = sorted(self._renamed(newest), key=lambda case: case.pk)
        for block in blocks(renamed, 500):
            Case.objects.bulk_update(block, ["name", "folder"])

    def _renamed(self, newest: dict[str, tuple[Told, datetime]]) -> Iterator[Case]:
        for key, (record, at) in newest.items():
            known = self._known[key]
            if at < known.last_seen_at:
                continue
            known.last_seen_at = at
            before = known.name, known.folder
            # Also where they are equal: then the names are in memory once.
            known.name = record.name or known.name
            known.folder = record.folder
            if before != (known.name, known.folder):
                yield Case(pk=known.pk, name=known.name, folder=known.folder)


def _known(case: Case) -> KnownCase:
    never_ran = case.declared_at is not None
    return KnownCase(case.pk, case.name, case.folder, case.last_seen_at, never_ran)


def declare(project: Project, tests: Iterable[Told], at: datetime) -> int:
    """Make the cases of tests that a tool told of and that did not run; how many are
    new. Call it in a transaction.
    """
    return CaseIndex(project).declare(tests, at)
