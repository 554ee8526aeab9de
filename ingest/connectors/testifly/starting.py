"""Testifly asked to execute tests: a job is given, and a run once an agent has it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar, Self

from ingest.connectors.acting import (
    asked_once,
    code_and_text,
    refuse_failure,
    understood,
)
from ingest.connectors.reading import part
from ingest.connectors.testifly.jobs import LABEL, Job, Jobs, client_for
from ingest.contract import ConnectionConfig, PayloadError, Reject
from ingest.http import ApiClient
from ingest.parse import Row, identifier, mapping
from ingest.starting import (
    FieldKind,
    FieldsError,
    JobState,
    RefusedError,
    Started,
    Starter,
    StartField,
)

SELECTORS = ("featureId", "testSuiteId", "testId", "tests")
EXISTS = "AlreadyExists"
FIELDS = (
    StartField(name="featureId", label="Feature", help="Runs all tests of a feature."),
    StartField(name="testSuiteId", label="Suite", help="Runs one suite."),
    StartField(name="testId", label="Test", help="Runs one test."),
    StartField(
        name="tests", label="Tests", help="Runs these tests.", kind=FieldKind.LIST
    ),
    StartField(
        name="agentName", label="Agent", help="The remote agent that is to run them."
    ),
)
WAITS_FOR_AGENT = (
    "Testifly waits for an agent to connect: start the agent, or check its name. "
    "Nothing runs until then."
)


class StarterOfTestifly(Starter):
    vendor: ClassVar[str] = "testifly"
    label: ClassVar[str] = LABEL
    start_fields: ClassVar[tuple[StartField, ...]] = FIELDS

    def __init__(self, client: ApiClient) -> None:
        self._client = client

    @classmethod
    def connect(cls, config: ConnectionConfig) -> Self:
        return cls(client_for(config))

    def check_start(self, values: Mapping[str, Any]) -> None:
        """Of several selectors nobody says which one counts."""
        named = [name for name in SELECTORS if name in values]
        if len(named) != 1:
            said = f"Name exactly one of {', '.join(SELECTORS)}."
            raise FieldsError({name: [said] for name in named or SELECTORS[:1]})

    def start(self, project: str, values: Mapping[str, Any]) -> Started:
        answer = self._sent(project, {"action": "executeTests", **values})
        with understood(LABEL):
            row = mapping(answer, "the answer")
            if row.get("scheduleStatus") == EXISTS:
                return _existing(row)
            return Started(job=identifier(refuse_failure(row, LABEL), "jobId"))

    def job(self, project: str, job: str) -> JobState:
        for known, gone in Jobs(self._client, project).named([job]):
            for found in known:
                if isinstance(found, Reject):
                    raise PayloadError(
                        f"Testifly's job cannot be read: {found.reason}."
                    )
                if found.job_id == job:
                    return _state(found)
            if job in gone:
                return JobState(
                    is_ended=True, sentence="Testifly no longer knows the job."
                )
        raise PayloadError("Testifly did not say what became of the job.")

    def _sent(self, project: str, body: Row) -> Any:
        path = f"/testExecution/{part(project)}"
        try:
            return asked_once(self._client, "POST", path, body)
        except RefusedError as error:
            # The code that comes with AlreadyExists is not documented.
            if found := _exists(error.answer):
                return found
            raise


def _exists(answer: str) -> Row | None:
    _, text = code_and_text(answer)
    try:
        row = json.loads(text)
    except ValueError:
        return None
    is_it = isinstance(row, dict) and row.get("scheduleStatus") == EXISTS
    return row if is_it else None


def _existing(row: Row) -> Started:
    """The job that runs already is the one that was asked for."""
    if not row.get("jobId"):
        raise RefusedError(
            "Testifly runs these tests already, and does not say under which job."
        )
    return Started(
        job=identifier(row, "jobId"),
        note="Testifly was running these tests already: its job is followed.",
    )


def _state(job: Job) -> JobState:
    if job.run_id:
        return JobState(is_ended=job.is_ended, run_external_id=job.run_id)
    if job.is_ended:
        said = f"Testifly's job ended ({job.status}) without a run: there is no report."
    elif job.status == "PendingAgentConnection":
        said = WAITS_FOR_AGENT
    else:
        said = f"Testifly's job has no run yet ({job.status})."
    return JobState(is_ended=job.is_ended, sentence=said)
