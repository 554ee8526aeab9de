"""Testifly's report of one run, which grows while the run goes on."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ingest.simulator.moments import RUNNING, UNTESTED, CaseRow, rows_at
from ingest.simulator.moments import to_milliseconds as stamp
from ingest.simulator.testifly.jobs import object_id
from ingest.simulator.world import SimProject, SimResult, SimRun

LABELS = {
    "passed": "Passed",
    "failed": "Failed",
    "error": "Failed",
    "skipped": "Skipped",
    "blocked": "Skipped",
    RUNNING: "Running",
    UNTESTED: "Scheduled",
}
# Labels that no page of the vendor names; the counts are an open list of labels.
BLOCKED_LABEL, HEALED_LABEL, HEALED_EVERY = "Blocked", "Healed", 500
SHORT_EVERY = 20


@dataclass(frozen=True, slots=True)
class Report:
    """The report of one project's run at one moment.

    open_labels: blocked tests and some that passed carry a label of their own.
    short_lists: every 20th finished run lists one test fewer than it counts.
    duration_unit: ms or s; the vendor does not say which.
    """

    project: SimProject
    run: SimRun
    now: datetime
    open_labels: bool
    short_lists: bool
    duration_unit: str

    def body(self) -> dict[str, Any]:
        rows = rows_at(self.run, self.now)
        counts = Counter(self._label(row) for row in rows)
        is_open = self.run.is_open_at(self.now)
        return {
            "runId": object_id("run", self.run.number),
            "projectId": object_id("project", self.project.number),
            "status": "Running" if is_open else "Completed",
            "startTime": stamp(self.run.started_at),
            "testsInProjectCount": len(self.project.cases),
            "title": self.run.name,
            "statuses": [{"label": k, "count": n} for k, n in counts.items()],
            "tests": [self._test(row) for row in self._listed(rows)],
        }

    def _listed(self, rows: list[CaseRow]) -> list[CaseRow]:
        """What is only scheduled is counted and not listed."""
        begun = [row for row in rows if row.result is not None]
        is_short = self.run.number % SHORT_EVERY == 0
        if self.short_lists and is_short and not self.run.is_open_at(self.now):
            return begun[:-1]
        return begun

    def _label(self, row: CaseRow) -> str:
        if self.open_labels and row.state == "blocked":
            return BLOCKED_LABEL
        healed = row.result is not None and row.result.number % HEALED_EVERY == 0
        if self.open_labels and row.state == "passed" and healed:
            return HEALED_LABEL
        return LABELS[row.state]

    def _test(self, row: CaseRow) -> dict[str, Any]:
        result = row.result
        assert result is not None  # _listed leaves the others out
        body: dict[str, Any] = {
            # An id of the execution: the same test has another one in each run.
            "_id": object_id("execution", self.run.number, result.number),
            "title": row.case.name,
            "status": self._label(row),
        }
        if row.state != RUNNING:
            body["duration"] = self._duration(result)
        has_video = row.state not in ("skipped", RUNNING) and result.number % 4 != 0
        body["hasVideo"] = has_video
        if has_video:
            body["videoLink"] = f"https://testifly.dev/videos/{body['_id']}"
        body["startTime"] = stamp(result.started_at)
        body["timeline"] = []
        if row.state in ("failed", "error"):
            body["error"] = _error(result)
        return body

    def _duration(self, result: SimResult) -> float:
        if self.duration_unit == "s":
            return result.duration_ms / 1000
        return result.duration_ms


def _error(result: SimResult) -> Any:
    """Text or an object: the vendor names the field and never its type."""
    if result.number % 2:
        return result.message
    return {"name": "AssertionError", "message": result.message}
