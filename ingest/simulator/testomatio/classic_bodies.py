"""The objects of Testomat.io's classic JSON:API, with their dashed names."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from ingest.simulator.testomatio import words
from ingest.simulator.testomatio.words import Body, Group, RowOfRun, iso
from ingest.simulator.world import SimCase, SimProject, SimRun


def ref(kind: str, entity_id: str) -> Body:
    return {"id": entity_id, "type": kind}


def project_body(project: SimProject) -> Body:
    attributes: Body = {"title": project.name, "tests-count": len(project.cases)}
    return ref("projects", words.slug(project)) | {"attributes": attributes}


def run_body(
    project: SimProject, run: SimRun, rows: Sequence[RowOfRun], now: datetime
) -> Body:
    counted = words.counters(rows)
    finished_at = run.finished_by(now)
    group = words.group_of(project, run)
    attributes: Body = {
        "title": run.name,
        "status": words.run_status(run, counted, now),
        "kind": run.kind,
        "automated": run.kind == "automated",
        "tests-count": len(rows),
        "passed": counted["passed"],
        "failed": counted["failed"],
        "skipped": counted["skipped"],
        # In seconds, and 0 until the run is finished.
        "duration": words.duration_s(run, now),
        "created-at": iso(run.started_at),
        "launched-at": iso(words.launched_at(run)),
        "finished-at": iso(finished_at),
        "ci-build-url": words.build_url(run),
        "env": words.environments(run),
        "rungroup-id": group.group_id if group else None,
        "is-archived": False,
        "substatuses-counts": {},
        "created-by": "Ada Admin",
    }
    return ref("runs", words.run_id(run.number)) | {"attributes": attributes}


def testrun_body(project: SimProject, run: SimRun, row: RowOfRun) -> Body:
    """There is no time of day in it, only how long it took, in milliseconds."""
    result = row.result
    test_id = words.test_id(project, row.case)
    attributes: Body = {
        "status": row.status,
        "substatus": row.substatus or None,
        "run-time": words.run_time(result) if result else None,
        "message": (result.message or None) if result else None,
        "run-id": words.run_id(run.number),
        "test": {
            "id": test_id,
            "title": row.case.name,
            "suite-id": words.suite_id(project, row.case.folder),
            "params": [],
        },
        "example": words.example(row.case),
        "attachments": [],
    }
    relations = {"test": {"data": ref("tests", test_id)}}
    entity_id = str(testrun_number(project, row))
    return ref("testruns", entity_id) | {
        "attributes": attributes,
        "relationships": relations,
    }


def testrun_number(project: SimProject, row: RowOfRun) -> int:
    return project.number * 10_000_000 + row.number


def suite_body(project: SimProject, path: str, paths: Sequence[str]) -> Body:
    children = words.child_suites(paths, path)
    tests = [case for case in project.cases if case.folder == path]
    parent = path.rpartition(" / ")[0]
    return ref("suites", words.suite_id(project, path)) | {
        "attributes": {
            "title": path.rpartition(" / ")[2],
            "description": None,
            "file-type": "file" if tests else "folder",
            "tests-count": len(tests),
            "parent-id": words.suite_id(project, parent) if parent else None,
        },
        "relationships": {
            "children": {
                "data": [ref("suites", words.suite_id(project, c)) for c in children]
            },
            "tests": {"data": [ref("tests", words.test_id(project, c)) for c in tests]},
        },
    }


def tests_in(project: SimProject, path: str) -> list[Body]:
    return [test_body(project, c) for c in project.cases if c.folder == path]


def test_body(project: SimProject, case: SimCase) -> Body:
    attributes: Body = {
        "title": case.name,
        "suite-id": words.suite_id(project, case.folder),
        "state": "manual" if case.folder.startswith("Manual") else "automated",
        "priority": "normal",
        "params": [],
    }
    return ref("tests", words.test_id(project, case)) | {"attributes": attributes}


def suite_tree(project: SimProject, parent: str = "") -> list[Body]:
    """A bare array in camelCase, without any envelope."""
    return [
        {
            "id": words.suite_id(project, path),
            "title": path.rpartition(" / ")[2],
            "testsCount": sum(case.folder == path for case in project.cases),
            "children": suite_tree(project, path),
        }
        for path in words.child_suites(words.suite_paths(project), parent)
    ]


def group_body(project: SimProject, group: Group, runs: Sequence[SimRun]) -> Body:
    parents = [g for g in words.groups(project) if g.group_id == group.parent]
    attributes: Body = {
        "title": group.title,
        "path": [{"id": p.group_id, "title": p.title} for p in parents],
        "kind": "automated" if group.label in ("nightly", "smoke") else "manual",
        "runs-count": len(runs),
        "created-at": iso(project.runs[0].started_at) if project.runs else None,
    }
    return ref("rungroups", group.group_id) | {"attributes": attributes}


def plan_body(
    project: SimProject, plan_id: str, title: str, cases: Sequence[SimCase]
) -> Body:
    attributes: Body = {
        "title": title,
        "test-count": len(cases),
        "kind": "automated",
        "created-at": iso(project.runs[0].started_at) if project.runs else None,
        "tests-ids": [words.test_id(project, case) for case in cases],
        "labels": [],
    }
    return ref("plans", plan_id) | {"attributes": attributes}
