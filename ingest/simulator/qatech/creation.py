"""Test cases that clients create at QA.tech: disabled, and run by no plan."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from ingest.simulator.moments import to_milliseconds
from ingest.simulator.qatech import bodies
from ingest.simulator.qatech.asked import (
    RefusedError,
    short_id,
    short_ids,
    text,
    uuid,
    uuids,
)
from ingest.simulator.qatech.bodies import Body
from ingest.simulator.world import SimProject

LONGEST_NAME = 80


class CreatedCases:
    """The cases that clients have created; nothing but the vendor enables them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._cases: dict[int, list[Body]] = {}

    def of(self, project: SimProject, *, last_run: bool) -> list[Body]:
        """As the list of test cases shows them."""
        never = {"lastRun": None} if last_run else {}
        with self._lock:
            return [case | never for case in self._cases.get(project.number, ())]

    def add(self, project: SimProject, asked: Mapping[str, Any], now: datetime) -> Body:
        """The answer's `testCase`. Raises RefusedError."""
        name = text(asked, "name", needed=True, most=LONGEST_NAME)
        goal = text(asked, "goal", needed=True)
        application = short_id(asked, "applicationShortId", "app")
        if not application:
            raise RefusedError(400, "applicationShortId is required.")
        if application != bodies.application_id(project):
            raise RefusedError(404, "Application not found.")
        _check_the_rest(asked)
        with self._lock:
            own = self._cases.setdefault(project.number, [])
            number = f"created/{project.number}/{len(own)}"
            case_uuid = str(uuid5(NAMESPACE_URL, number))
            own.append(_case_body(project, case_uuid, name, goal, now))
        return bodies.created_case_body(project, case_uuid, name)


def _check_the_rest(asked: Mapping[str, Any]) -> None:
    text(asked, "expectedResult", needed=False)
    short_ids(asked, "configShortIds", "cfg")
    short_id(asked, "scenarioShortId", "scenario")
    uuid(asked, "resumeFromDependencyProjectTestCaseId")
    uuids(asked, "waitForDependenciesProjectTestCaseIds")


def _case_body(
    project: SimProject, case_uuid: str, name: str, goal: str, now: datetime
) -> Body:
    return {
        "id": case_uuid,
        "name": name,
        "isEnabled": False,
        "labels": [],
        "classification": "functional",
        "applicationShortId": bodies.application_id(project),
        "applicationName": project.name,
        "goal": goal,
        "createdAt": to_milliseconds(now),
    }
