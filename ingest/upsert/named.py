"""Sources and configurations: found by the vendor's id, else by name, or made."""

from __future__ import annotations

from typing import TypeAlias

from django.db import connection

from ingest.models import CaseAlias, Configuration, Project, Source
from ingest.models.runs import label

Named: TypeAlias = Source | Configuration


def named(project: Project, model: type[Named], name: str, external_id: str) -> Named:
    """The project's row of this name. Call it in a transaction.

    One that has the vendor's id and another name was renamed there: it keeps its id
    here, and the keys of a source's cases follow its name.
    """
    rows = model._default_manager.filter(project=project)
    known = rows.filter(external_id=external_id).first() if external_id else None
    namesake = rows.filter(name=name).first()
    if known is None:
        return _without_id(project, model, namesake, name, external_id)
    if known.name != name and (
        namesake is None or known.name != _numbered(known, name)
    ):
        if namesake is not None:
            _give_way(namesake)
        _rename(known, name)
    return known


def _without_id(
    project: Project,
    model: type[Named],
    namesake: Named | None,
    name: str,
    external_id: str,
) -> Named:
    """The row of this name, which takes the id if it has none, or a new one."""
    if namesake is not None and not (external_id and namesake.external_id):
        if external_id:
            namesake.external_id = external_id
            namesake.save(update_fields=["external_id"])
        return namesake
    if namesake is not None:
        _give_way(namesake)
    if model is Source and external_id:
        # What had this name before is another one: its old keys are not this one's.
        aliases = CaseAlias.objects.filter(project=project)
        aliases.filter(key__startswith=f"{name}:").delete()
    row: Named = model._default_manager.get_or_create(
        project=project, name=name, defaults={"external_id": external_id}
    )[0]
    return row


def _give_way(row: Named) -> None:
    """Leave the name to another one; the row's own new name comes with its next run."""
    _rename(row, _numbered(row, row.name))


def _numbered(row: Named, name: str) -> str:
    return label(f"{name} (#{row.external_id})")


def _rename(row: Named, name: str) -> None:
    before, row.name = row.name, name
    row.save(update_fields=["name"])
    if isinstance(row, Source):
        _rename_keys(row.project_id, f"{before}:", f"{name}:")


def _rename_keys(project: int, before: str, after: str) -> None:
    """Give cases whose keys begin with `before` the other beginning.

    Their old keys stay aliases. A case that another one has the new key of stays.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH renamed AS (
                SELECT id, key, key_hash, %(after)s || substr(key, %(length)s) AS new
                  FROM ingest_case
                 WHERE project_id = %(project)s AND starts_with(key, %(before)s)
            ), free AS (
                SELECT * FROM renamed
                 WHERE NOT EXISTS (
                     SELECT FROM ingest_case other
                      WHERE other.project_id = %(project)s
                        AND other.key_hash = md5(renamed.new)::uuid)
            ), alias AS (
                INSERT INTO ingest_casealias (project_id, case_id, key, key_hash)
                SELECT %(project)s, id, key, key_hash FROM free
                ON CONFLICT (project_id, key_hash) DO UPDATE SET case_id = excluded.case_id
            ), unneeded AS (
                DELETE FROM ingest_casealias a USING free
                 WHERE a.project_id = %(project)s AND a.key_hash = md5(free.new)::uuid
            )
            UPDATE ingest_case c SET key = free.new, key_hash = md5(free.new)::uuid
              FROM free WHERE c.id = free.id
            """,
            {
                "project": project,
                "before": before,
                "after": after,
                "length": len(before) + 1,
            },
        )
