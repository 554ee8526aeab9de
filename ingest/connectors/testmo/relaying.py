"""Testmo handed what was pushed here: the six calls of its automation write API."""

from __future__ import annotations

from typing import ClassVar, Self

from ingest.connectors.acting import understood
from ingest.connectors.reading import part
from ingest.connectors.testmo.api import LABEL, client_for
from ingest.contract import ConnectionConfig
from ingest.http import ApiClient
from ingest.parse import identifier, mapping
from ingest.relaying import Act, Part, Relay, Taken

_RUN = "/automation/runs/{run}"
_THREAD = "/automation/runs/threads/{thread}"
PATHS = {
    "create_run": "/projects/{project}/automation/runs",
    "append_run": f"{_RUN}/append",
    "complete_run": f"{_RUN}/complete",
    "create_thread": f"{_RUN}/threads",
    "append_thread": f"{_THREAD}/append",
    "complete_thread": f"{_THREAD}/complete",
}


class RelayOfTestmo(Relay):
    vendor: ClassVar[str] = "testmo"
    label: ClassVar[str] = LABEL
    acts: ClassVar[dict[str, Act]] = {
        "create_run": Act(title="Opening the run", makes="run"),
        "append_run": Act(title="What is attached to the run"),
        "complete_run": Act(title="Ending the run", is_repeatable=True),
        "create_thread": Act(title="Opening a thread", makes="thread"),
        "append_thread": Act(title="Results"),
        "complete_thread": Act(title="Ending a thread", is_repeatable=True),
    }

    def __init__(self, client: ApiClient) -> None:
        self._client = client

    @classmethod
    def connect(cls, config: ConnectionConfig) -> Self:
        return cls(client_for(config))

    def send(self, part: Part) -> Taken:
        answer = self._client.request_once("POST", _path(part), part.body)
        if not self.acts[part.act].makes:
            return Taken()
        with understood(LABEL):
            return Taken(made=identifier(mapping(answer, "the answer"), "id"))


def _path(wanted: Part) -> str:
    return PATHS[wanted.act].format(
        project=part(wanted.project), run=part(wanted.run), thread=part(wanted.thread)
    )
