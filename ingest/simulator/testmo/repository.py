"""Testmo's repository: the folders and the cases that manual runs are made of."""

from __future__ import annotations

from ingest.simulator.testmo.bodies import case_id, iso
from ingest.simulator.testmo.statuses import Body
from ingest.simulator.world import SimCase, SimProject

MANUAL_FOLDER = "Manual / "


def manual_cases(project: SimProject) -> list[SimCase]:
    return [case for case in project.cases if case.folder.startswith(MANUAL_FOLDER)]


def folder_ids(project: SimProject) -> dict[str, int]:
    """Folder ids by whole path, parents before children."""
    paths: dict[str, None] = {}
    for case in manual_cases(project):
        parts = case.folder.split(" / ")
        for depth in range(1, len(parts) + 1):
            paths[" / ".join(parts[:depth])] = None
    return {path: project.number * 1000 + n for n, path in enumerate(paths, 1)}


def folder_bodies(project: SimProject) -> list[Body]:
    ids = folder_ids(project)
    return [
        {
            "id": number,
            "project_id": project.number,
            "repo_id": project.number,
            "parent_id": ids.get(path.rpartition(" / ")[0]),
            "depth": path.count(" / "),
            "name": path.rpartition(" / ")[2],
            "docs": None,
            "display_order": number,
        }
        for path, number in ids.items()
    ]


def case_body(project: SimProject, case: SimCase, folders: dict[str, int]) -> Body:
    created_at = iso(project.milestones[0].starts_at) if project.milestones else None
    return {
        "id": case_id(project, case.number),
        "project_id": project.number,
        "repo_id": project.number,
        "folder_id": folders[case.folder],
        "template_id": 1,
        "state_id": 4,
        "key": case.number,
        "name": case.name,
        "estimate": case.typical_ms * 1000,
        "has_automation": False,
        "tags": [],
        "created_at": created_at,
        "created_by": 1,
        "updated_at": None,
        "updated_by": None,
    }
