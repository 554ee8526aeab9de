"""The names and folders of a project's repository cases, which results do not carry."""

from __future__ import annotations

from ingest.connectors.reading import gathered, part
from ingest.connectors.testmo.api import Api, name_of
from ingest.folders import SEPARATOR
from ingest.http import MissingError, UnsupportedError
from ingest.parse import text_of

FOLDERS_DEEP = 100


class CaseNames:
    """Names by case id, read once per project when the first one is needed."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._by_project: dict[str, dict[str, tuple[str, str]]] = {}

    def find(self, project: str, case_id: str) -> tuple[str, str]:
        """The name and the folder's path of a case, by its number where unknown."""
        if project not in self._by_project:
            self._by_project[project] = self._read(project)
        return self._by_project[project].get(case_id, (f"Case {case_id}", ""))

    def _read(self, project: str) -> dict[str, tuple[str, str]]:
        folders = {
            folder_id: (name, parent_id)
            for folder_id, name, parent_id in self._rows(
                project, "folders", "parent_id"
            )
        }
        return {
            case_id: (name, path_of(folder_id, folders))
            for case_id, name, folder_id in self._rows(project, "cases", "folder_id")
            if name
        }

    def _rows(self, project: str, what: str, above: str) -> list[tuple[str, str, str]]:
        """Id, name, and id of what is above, of each row; none on older versions."""
        try:
            # What a list lacks goes by its number, like all of it where there is none.
            rows, _ = gathered(self._api.rows(f"/projects/{part(project)}/{what}"))
        except (MissingError, UnsupportedError):
            return []
        return [
            (str(row.get("id")), text_of(name_of(row)), str(row.get(above)))
            for row, _ in rows
            if isinstance(row, dict)
        ]


def path_of(folder_id: str, folders: dict[str, tuple[str, str]]) -> str:
    """The names from the root to a folder."""
    names: list[str] = []
    while folder_id in folders and len(names) < FOLDERS_DEEP:
        name, folder_id = folders[folder_id]
        names.append(name)
    return SEPARATOR.join(reversed(names))
