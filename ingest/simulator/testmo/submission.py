"""Testmo's write API for automation: runs, threads and results that are pushed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from ingest.simulator.server import Request, Response
from ingest.simulator.testmo import bodies, written
from ingest.simulator.testmo.instance import Instance, MissingError, RefusedError
from ingest.simulator.testmo.paging import InvalidError
from ingest.simulator.testmo.pushed import (
    Identities,
    PushedResult,
    PushedRun,
    PushedThread,
)
from ingest.simulator.testmo.statuses import Body
from ingest.simulator.world import SimCase, SimMilestone, SimProject

Writer = Callable[..., Response]
NO_CONTENT = 204


class Submission(Instance):
    """What the command-line client sends; what it wrote is read like any other run."""

    def prepare(self) -> None:
        super().prepare()
        self.identities = Identities()
        self.pushed: dict[int, tuple[SimProject, PushedRun]] = {}
        self.threads: dict[str, tuple[int, int]] = {}
        self.known_cases: dict[int, dict[str, int]] = {}
        run, thread = "automation/runs/{run_id}", "automation/runs/threads/{thread_id}"
        writers: dict[str, Writer] = {
            "projects/{project_id}/automation/runs": self._create_run,
            f"{run}/append": self._append_to_run,
            f"{run}/threads": self._create_thread,
            f"{run}/complete": self._complete_run,
            f"{thread}/append": self._append_to_thread,
            f"{thread}/complete": self._complete_thread,
        }
        for pattern, writer in writers.items():
            self.route("POST", f"/api/v1/{pattern}", self._writing(writer))

    def _writing(self, writer: Writer) -> Writer:
        """One writer at a time, so that all of a request is seen or nothing."""

        def write(request: Request, **names: str) -> Response:
            asked = _asked(request)
            with self.writing:
                return writer(asked, **names)

        return write

    # Routes

    def _create_run(self, asked: Body, project_id: str) -> Response:
        project, now = self.project_of(project_id), self.now()
        tags = written.tags(asked)
        run = PushedRun(
            number=self.identities.run(),
            name=written.text(asked, "name"),
            kind="automated",
            source=written.source(asked),
            configuration=self._configuration(asked),
            milestone=self._milestone(project, asked, tags),
            tags=tags,
            branch="",
            commit="",
            started_at=now,
            finished_at=None,
            threads=0,
            artifacts=written.artifacts(asked),
            fields=written.fields(asked),
            links=written.links(asked),
        )
        self.pushed[run.number] = (project, run)
        self.show_run(project, run)
        return Response(201, {"id": run.number})

    def _append_to_run(self, asked: Body, run_id: str) -> Response:
        """Completing closes a run for threads and results: this is neither."""
        _, run = self._pushed_run(run_id, may_be_complete=True)
        artifacts, fields = written.artifacts(asked), written.fields(asked)
        links = written.links(asked)
        run.artifacts = run.artifacts + artifacts
        run.fields = run.fields + fields
        run.links = run.links + links
        run.touched_at = self.now()
        return Response(NO_CONTENT)

    def _complete_run(self, asked: Body, run_id: str) -> Response:
        _, run = self._pushed_run(run_id)
        run.complete(self.now(), measure=written.flag(asked, "measure_elapsed"))
        return Response(NO_CONTENT)

    def _create_thread(self, asked: Body, run_id: str) -> Response:
        _, run = self._pushed_run(run_id)
        times = _times(asked)
        lane = PushedThread(
            self.identities.thread(),
            self.now(),
            artifacts=written.artifacts(asked),
            fields=written.fields(asked),
        )
        lane.add_times(*times)
        self.threads[str(lane.thread_id)] = (run.number, len(run.lanes))
        run.lanes = [*run.lanes, lane]
        run.threads = len(run.lanes)
        run.touched_at = self.now()
        return Response(201, {"id": lane.thread_id})

    def _append_to_thread(self, asked: Body, thread_id: str) -> Response:
        project, run, index = self._pushed_thread(thread_id)
        artifacts, fields = written.artifacts(asked), written.fields(asked)
        times = _times(asked)
        tests = [
            written.test(row, at, any_alias=self.unknown_alias == "neutral")
            for at, row in written.objects(asked, "tests")
        ]
        lane, now = run.lanes[index], self.now()
        # From here on nothing is refused: a refused append has written nothing.
        lane.artifacts = lane.artifacts + artifacts
        lane.fields = lane.fields + fields
        lane.add_times(*times)
        run.results += [self._result(project, run, index, t, now) for t in tests]
        run.touched_at = now
        return Response(NO_CONTENT)

    def _complete_thread(self, asked: Body, thread_id: str) -> Response:
        _, run, index = self._pushed_thread(thread_id)
        run.touched_at = run.lanes[index].completed_at = self.now()
        return Response(NO_CONTENT)

    # What is looked up

    def _pushed_run(
        self, run_id: str, *, may_be_complete: bool = False
    ) -> tuple[SimProject, PushedRun]:
        """Runs of the world belong to others: they are seen but not written."""
        number = int(run_id) if run_id.isdecimal() else 0
        if number not in self.pushed:
            self.automation_run_of(run_id)
            raise RefusedError(403, "This automation run was made by another client.")
        project, run = self.pushed[number]
        if run.finished_at is not None and not may_be_complete:
            raise self._completed("automation run")
        return project, run

    def _pushed_thread(self, thread_id: str) -> tuple[SimProject, PushedRun, int]:
        if thread_id not in self.threads:
            raise MissingError("Automation run thread not found.")
        number, index = self.threads[thread_id]
        project, run = self.pushed[number]
        if run.lanes[index].completed_at is not None:
            raise self._completed("thread")
        return project, run, index

    def _completed(self, what: str) -> RefusedError:
        return RefusedError(self.completed_status, f"The {what} is already completed.")

    def _configuration(self, asked: Body) -> str:
        """The name of the one that `config_id`, or else `config`, stands for."""
        known, wanted = self.config_ids(), written.whole(asked, "config_id")
        if wanted is not None:
            named = {number: name for name, number in known.items()}
            return named.get(wanted) or self._unknown("config_id", "")
        name = asked.get("config") or ""
        return name if name in ("", *known) else self._unknown("config", "")

    def _milestone(
        self, project: SimProject, asked: Body, tags: tuple[str, ...]
    ) -> SimMilestone | None:
        """By `milestone_id`, else by `milestone`, else by an automation tag."""
        known, wanted = project.milestones, written.whole(asked, "milestone_id")
        if wanted is not None:
            found = next((m for m in known if m.number == wanted), None)
            return found or self._unknown("milestone_id", None)
        if name := asked.get("milestone"):
            found = next((m for m in known if m.name == name), None)
            return found or self._unknown("milestone", None)
        return next((m for m in known if m.tag and m.tag in tags), None)

    def _unknown(self, field: str, nothing: Any) -> Any:
        """The reference says of sources alone that unknown ones are made."""
        if self.unknown_names == "ignored":
            return nothing
        raise InvalidError(field, f"The selected {field} is invalid.")

    def _result(
        self,
        project: SimProject,
        run: PushedRun,
        thread: int,
        test: Body,
        now: datetime,
    ) -> PushedResult:
        if project.number not in self.known_cases:
            self.known_cases[project.number] = bodies.case_numbers(project)
        known = self.known_cases[project.number].get(test["key"])
        number = known or self.identities.case(project.number, run.source, test["key"])
        duration_ms = (test["elapsed_us"] or 0) // 1000
        return PushedResult(
            number=self.identities.result(),
            case=SimCase(number, test["name"], test["folder"], duration_ms),
            outcome=test["outcome"],
            attempt=1,
            thread=thread,
            started_at=now - timedelta(milliseconds=duration_ms),
            duration_ms=duration_ms,
            key=test["key"],
            elapsed_us=test["elapsed_us"],
        )


def _asked(request: Request) -> Body:
    if not request.header("content-type").startswith("application/json"):
        raise RefusedError(415, "The content type must be application/json.")
    try:
        asked = request.json()
    except ValueError as error:
        raise RefusedError(400, "The body is not valid JSON.") from error
    if not isinstance(asked, dict):
        raise RefusedError(400, "The body must be a JSON object.")
    return asked


def _times(asked: Mapping[str, Any]) -> tuple[int | None, int | None]:
    """Observed and computed, in microseconds."""
    names = ("elapsed_observed", "elapsed_computed")
    observed, computed = (written.whole(asked, name) for name in names)
    return observed, computed
