"""Testably's objects as JSON."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zlib import crc32

from ingest.simulator.moments import CaseRow, changed_at, rows_at, to_seconds
from ingest.simulator.testably.pushed import PushedResult, PushedRun
from ingest.simulator.testably.words import Vocabulary, counter_of, elapsed
from ingest.simulator.world import SimCase, SimMilestone, SimProject, SimRun

Body = dict[str, Any]
LAST_BATCH = 100
PRIORITIES = ("critical", "high", "medium", "low")
TYPES = ("functional", "smoke", "regression")
TESTERS = ("user_abc", "user_xyz", "user_k7m")


def project_id(project: SimProject) -> str:
    return f"proj_{project.number:03d}"


def run_id(run: SimRun) -> str:
    return f"run_{run.number}"


def case_id(project: SimProject, case: SimCase) -> str:
    return f"tc_{project.number}_{case.number:04d}"


def custom_id(project: SimProject, case: SimCase) -> str:
    """What people call the case and what an upload may name it."""
    return f"{_prefix(project.name)}-{case.number}"


def milestone_id(project: SimProject, milestone: SimMilestone) -> str:
    return f"ms_{project.number}_{milestone.number}"


@dataclass(frozen=True, slots=True)
class Bodies:
    """The objects of one project at one moment.

    elapsed_unit: see `words.elapsed`. stale_counters: a run's counters say only what
    the last upload batch said, as the product's own upload leaves them.
    """

    project: SimProject
    now: datetime
    words: Vocabulary
    elapsed_unit: str
    stale_counters: bool

    def project_body(self) -> Body:
        runs = self.project.runs_at(self.now)
        created_at = runs[0].started_at if runs else self.now
        updated_at = changed_at(runs[-1], self.now) if runs else created_at
        return {
            "id": project_id(self.project),
            "name": self.project.name,
            "prefix": _prefix(self.project.name),
            "description": f"Everything that is tested for {self.project.name}.",
            "test_case_count": len(self.project.cases),
            "run_count": len(runs),
            "member_count": len(TESTERS),
            "created_at": to_seconds(created_at),
            "updated_at": to_seconds(updated_at),
        }

    def run_body(self, run: SimRun) -> Body:
        rows = rows_at(run, self.now)
        counted = rows[-LAST_BATCH:] if self.stale_counters else rows
        counts = Counter(counter_of(row, run, self.now) for row in counted)
        pushed_at = run.touched_at if isinstance(run, PushedRun) else None
        if self.stale_counters and isinstance(run, PushedRun) and run.stored:
            counts = Counter(run.stored) + Counter(not_tested=run.stored["untested"])
        milestone = run.milestone
        body: Body = {
            "id": run_id(run),
            "name": run.name,
            "status": self.words.run(run, self.now),
            "total": len(rows),
            **{name: counts[name] for name in ("passed", "failed", "blocked")},
            **{name: counts[name] for name in ("retest", "not_tested")},
            "milestone_id": milestone and milestone_id(self.project, milestone),
            "created_by": TESTERS[run.number % len(TESTERS)],
            "created_at": to_seconds(run.started_at),
            "updated_at": to_seconds(
                max(pushed_at or run.started_at, changed_at(run, self.now))
            ),
        }
        finished_at = run.finished_by(self.now)
        if finished_at is not None:
            body["pass_rate"] = _percent(counts["passed"], len(rows))
            body["closed_at"] = to_seconds(finished_at)
        return body

    def result_bodies(self, run: SimRun) -> list[Body]:
        return [self._result_body(run, row) for row in rows_at(run, self.now)]

    def _result_body(self, run: SimRun, row: CaseRow) -> Body:
        counter = counter_of(row, run, self.now)
        body: Body = {
            # One row for each case of a run: an upload writes over the earlier one.
            "id": f"res_{run.number}_{row.case.number}",
            "test_case_id": case_id(self.project, row.case),
            "test_case_title": row.case.name,
            "status": self.words.result(counter),
            **dict.fromkeys(("note", "elapsed", "tested_by", "tested_at")),
        }
        result = row.result
        if result is not None and counter != "not_tested":
            body["note"] = result.message[:800] or None
            body["elapsed"] = elapsed(result, self.elapsed_unit)
            body["tested_by"] = TESTERS[result.thread % len(TESTERS)]
            body["tested_at"] = to_seconds(result.finished_at)
        if isinstance(result, PushedResult) and counter != "not_tested":
            body["note"] = result.message or None
            body["elapsed"] = result.elapsed
            body["tested_by"] = result.author or TESTERS[0]
        return body

    def case_body(self, case: SimCase) -> Body:
        created_at = to_seconds(self.project.runs[0].started_at)
        return {
            "id": case_id(self.project, case),
            "title": case.name,
            "folder_id": self.folder_id(case),
            "priority": PRIORITIES[case.number % len(PRIORITIES)],
            "type": TYPES[case.number % len(TYPES)],
            "precondition": "A signed-in customer with an empty cart.",
            "steps": [
                {"position": 1, "action": "Open the page.", "expected": "It loads."},
                {"position": 2, "action": case.name, "expected": "It works."},
            ],
            "expected_result": f"{case.name}: as described.",
            "created_at": created_at,
            "updated_at": created_at,
        }

    def case_detail(self, case: SimCase) -> Body:
        tags = [case.folder.split(" / ")[0].lower()]
        return {**self.case_body(case), "tags": tags, "created_by": TESTERS[0]}

    def folder_id(self, case: SimCase) -> str:
        """The API names a case's folder only by an id and lists no folders."""
        return f"fld_{self.project.number}_{crc32(case.folder.encode()):08x}"

    def milestone_body(self, milestone: SimMilestone) -> Body:
        done_at = milestone.completed_at
        is_done = done_at is not None and done_at <= self.now
        updated_at = done_at if done_at is not None and is_done else milestone.starts_at
        return {
            "id": milestone_id(self.project, milestone),
            "name": milestone.name,
            "description": "",
            "start_date": to_seconds(milestone.starts_at),
            "due_date": to_seconds(milestone.due_at),
            "status": self.words.milestone(milestone, self.now),
            "progress": 100 if is_done else self._progress(milestone),
            # The field table calls it parent_milestone_id, every sample parent_id.
            "parent_id": None,
            "created_at": to_seconds(milestone.starts_at),
            "updated_at": to_seconds(updated_at),
        }

    def milestone_detail(self, milestone: SimMilestone) -> Body:
        linked = [self._linked_run(run) for run in self._runs_of(milestone)]
        body = self.milestone_body(milestone)
        return {**body, "linked_runs": linked, "sub_milestones": []}

    def _linked_run(self, run: SimRun) -> Body:
        rows = rows_at(run, self.now)
        passed = sum(row.state == "passed" for row in rows)
        # This page's words for a run and its whole percent are its own.
        return {
            "id": run_id(run),
            "name": run.name,
            "status": "in_progress" if run.is_open_at(self.now) else "completed",
            "pass_rate": round(_percent(passed, len(rows))),
        }

    def _progress(self, milestone: SimMilestone) -> int:
        runs = self._runs_of(milestone)
        closed = sum(not run.is_open_at(self.now) for run in runs)
        return round(_percent(closed, len(runs)))

    def _runs_of(self, milestone: SimMilestone) -> list[SimRun]:
        runs = self.project.runs_at(self.now)
        return [run for run in runs if run.milestone == milestone]


def _percent(part: int, whole: int) -> float:
    return round(100 * part / whole, 1) if whole else 0.0


def _prefix(name: str) -> str:
    return (re.sub(r"[^A-Z]", "", name.upper()) + "XX")[:4]
