"""Reported tests found among those that the vendor has: reporters tell no more of where
a test stands than the title of its last suite.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from ingest.contract import ResultRecord
from ingest.folders import last_folder
from ingest.intake.received import Named
from ingest.models import Case, CaseAlias, Project
from ingest.models.runs import key_hash

FORMAT = "testomatio"


def as_known(project: Project, results: Sequence[Named]) -> Sequence[Named]:
    """The results under the keys and in the folders that a sync gives their tests.

    A test without an id is the one of its title in a suite of that title, as it is for
    the vendor; where there are several, it stays one of its own.
    """
    if project.connection.vendor != FORMAT or not results:
        return results
    records = [one.record for one in results]
    by_key = _by_key(project, {record.key for record in records})
    rest = [record for record in records if record.key not in by_key]
    by_place = _by_place(project, rest)
    return [
        one._replace(record=_placed(one.record, by_key, by_place)) for one in results
    ]


def _placed(
    record: ResultRecord, by_key: dict[str, Case], by_place: dict[str, list[Case]]
) -> ResultRecord:
    if case := by_key.get(record.key):
        is_same = last_folder(case.folder) == last_folder(record.folder)
        return replace(record, folder=case.folder) if is_same else record
    found = by_place.get(record.key, [])
    if len(found) != 1:
        return record
    return replace(record, key=found[0].key, folder=found[0].folder)


def _by_key(project: Project, keys: Iterable[str]) -> dict[str, Case]:
    hashes = {key_hash(key): key for key in keys}
    cases = Case.objects.filter(project=project, key_hash__in=hashes)
    aliases = CaseAlias.objects.filter(project=project, key_hash__in=hashes)
    found = {hashes[one.key_hash]: one.case for one in aliases.select_related("case")}
    return found | {hashes[case.key_hash]: case for case in cases}


def _by_place(
    project: Project, records: Iterable[ResultRecord]
) -> dict[str, list[Case]]:
    """The cases that a title and the title of a suite may mean, by the key made of them."""
    named = {r.key: r for r in records if not r.name_key}
    names = {record.name for record in named.values()}
    if not names:
        return {}
    cases = list(Case.objects.filter(project=project, name__in=names, gone_at=None))
    return {
        key: [
            case
            for case in cases
            if case.name == record.name
            and last_folder(case.folder) == last_folder(record.folder)
        ]
        for key, record in named.items()
    }
