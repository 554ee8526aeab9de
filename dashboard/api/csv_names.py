"""Names beside the ids in a CSV, which people read where programs read JSON."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from dashboard.lists.names import milestone_names, run_names
from ingest.models import Connection, Project

SEPARATOR = "; "


def _projects(ids: Collection[int]) -> Mapping[int, str]:
    """Also of those that their tool no longer has."""
    return dict(Project.objects.filter(pk__in=ids).values_list("pk", "name"))


def _connections(ids: Collection[int]) -> Mapping[int, str]:
    return dict(Connection.objects.filter(pk__in=ids).values_list("pk", "name"))


def _runs(ids: Collection[int]) -> Mapping[int, str]:
    """A run without a name is called by its number at the tool."""
    found = run_names(ids)
    return {pk: run.name or run.external_id for pk, run in found.items()}


# By the last part of a column that holds an id or several.
_LOOKUPS: Mapping[str, Callable[[Collection[int]], Mapping[int, str]]] = {
    "project": _projects,
    "projects": _projects,
    "connection": _connections,
    "milestones": milestone_names,
    "run": _runs,
    "since_run": _runs,
}


@dataclass(frozen=True, slots=True)
class NameColumn:
    """A column of names beside the column `of` ids."""

    of: str

    @property
    def name(self) -> str:
        """ "project_name", "milestone_names"."""
        is_many = self.of.endswith("s")
        return f"{self.of.removesuffix('s')}_name{'s' if is_many else ''}"

    def names(self, ids: Collection[Any]) -> list[str]:
        """The name of each id; several ids in one cell come with several names."""
        asked = {id_ for cell in ids for id_ in _each(cell)}
        known = _LOOKUPS[_last(self.of)](asked) if asked else {}
        return [SEPARATOR.join(known.get(i, "") for i in _each(cell)) for cell in ids]


def name_column(column: str) -> NameColumn | None:
    """What goes beside a column, None beside one that holds no ids."""
    return NameColumn(column) if _last(column) in _LOOKUPS else None


def _last(column: str) -> str:
    return column.rpartition(".")[2]


def _each(cell: Any) -> Collection[Any]:
    if cell is None:
        return ()
    return cell if isinstance(cell, list) else (cell,)
