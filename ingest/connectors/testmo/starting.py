"""Testmo asked to open an automation run, into which builds report, and to close one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from ingest.connectors.acting import asked_once, understood
from ingest.connectors.reading import part
from ingest.connectors.testmo.api import LABEL, client_for
from ingest.connectors.testmo.manual import PREFIX as MANUAL
from ingest.contract import ConnectionConfig
from ingest.http import ApiClient
from ingest.parse import identifier, mapping
from ingest.starting import FieldKind, RefusedError, Started, Starter, StartField

FIELDS = (
    StartField(name="name", label="Name", is_required=True),
    StartField(
        name="source",
        label="Source",
        help="Testmo makes one of this name if there is none.",
        is_required=True,
    ),
    StartField(name="config", label="Configuration", help="By its name."),
    StartField(name="config_id", label="Configuration's id", kind=FieldKind.NUMBER),
    StartField(name="milestone", label="Milestone", help="By its name."),
    StartField(name="milestone_id", label="Milestone's id", kind=FieldKind.NUMBER),
    StartField(
        name="tags",
        label="Tags",
        help="One that is a tag of a milestone links the run to it.",
        kind=FieldKind.LIST,
    ),
    StartField(name="artifacts", label="Artifacts", kind=FieldKind.JSON),
    StartField(name="fields", label="Fields", kind=FieldKind.JSON),
    StartField(name="links", label="Links", kind=FieldKind.JSON),
)


class StarterOfTestmo(Starter):
    vendor: ClassVar[str] = "testmo"
    label: ClassVar[str] = LABEL
    start_fields: ClassVar[tuple[StartField, ...]] = FIELDS

    def __init__(self, client: ApiClient) -> None:
        self._client = client

    @classmethod
    def connect(cls, config: ConnectionConfig) -> Self:
        return cls(client_for(config))

    def start(self, project: str, values: Mapping[str, Any]) -> Started:
        path = f"/projects/{part(project)}/automation/runs"
        answer = asked_once(self._client, "POST", path, dict(values))
        with understood(LABEL):
            made = identifier(mapping(answer, "the answer"), "id")
        return Started(
            run_external_id=made,
            note="Testmo opened the run: it waits for builds that report into it.",
        )

    def close_run(self, project: str, run_id: str) -> None:
        if run_id.startswith(MANUAL):
            raise self.not_offered("closing manual runs from outside")
        path = f"/automation/runs/{part(run_id)}/complete"
        asked_once(self._client, "POST", path, {})

    def change_run(
        self, project: str, run_id: str, changes: Mapping[str, str | None]
    ) -> None:
        raise RefusedError(
            "Testmo does not offer giving a run another name or milestone: both are "
            "chosen when it is opened."
        )
