"""Testomat.io asked by its API v2 to make, restart, rename and finish runs, and tests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from ingest.connectors.acting import asked_once, understood
from ingest.connectors.reading import part
from ingest.connectors.testomatio.access import LABEL, Access, options_of
from ingest.connectors.testomatio.names import flat, id_in_key, uid
from ingest.contract import ConfigError, ConnectionConfig
from ingest.parse import Row, RowError, identifier, mapping, optional_text
from ingest.side_fields import SideFields
from ingest.starting import (
    LONGEST_TEXT,
    FieldKind,
    MadeCase,
    Only,
    RefusedError,
    Started,
    Starter,
    StartField,
)

FIELDS = (
    StartField(name="title", label="Title", is_required=True),
    StartField(
        name="kind",
        label="Kind",
        help="manual unless said: people execute it.",
        choices=("manual", "automated", "mixed"),
    ),
    StartField(name="plan_id", label="Plan", help="Its id."),
    StartField(name="rungroup_id", label="Run group", help="Its id."),
    StartField(name="env", label="Environments", help="With commas between."),
    StartField(
        name="test_ids",
        label="Tests",
        help="Their ids; all of the plan otherwise.",
        kind=FieldKind.LIST,
    ),
    StartField(name="description", label="Description"),
    StartField(name="assigned_to", label="Assigned to", help="An e-mail address."),
    StartField(
        name="assign_strategy",
        label="Tests are assigned",
        choices=("none", "test", "random"),
    ),
    StartField(name="configuration", label="Configuration", kind=FieldKind.JSON),
)
CASE_FIELDS = (
    StartField(name="title", label="Title", is_required=True),
    StartField(name="suite_id", label="Suite", help="Its id.", is_required=True),
    StartField(name="description", label="Description"),
    StartField(name="priority", label="Priority"),
    StartField(name="code", label="Code"),
    StartField(name="state", label="State"),
    StartField(name="emoji", label="Emoji"),
    StartField(name="assigned_to", label="Assigned to", help="An e-mail address."),
)


class StarterOfTestomatio(Starter):
    vendor: ClassVar[str] = "testomatio"
    label: ClassVar[str] = LABEL
    start_fields: ClassVar[tuple[StartField, ...]] = FIELDS
    case_fields: ClassVar[tuple[StartField, ...]] = CASE_FIELDS
    reruns: ClassVar[tuple[Only, ...]] = ("all",)

    def __init__(self, access: Access) -> None:
        self._access = access

    @classmethod
    def connect(cls, config: ConnectionConfig) -> Self:
        return cls(Access(config, options_of(config).origin))

    @classmethod
    def values_of_test(cls, key: str, folder: str, name: str) -> Mapping[str, str]:
        test_id = id_in_key(key, folder, name)
        if not test_id:
            return {}
        return {"title": name[:LONGEST_TEXT], "test_ids": test_id}

    def start(self, project: str, values: Mapping[str, Any]) -> Started:
        made = self._sent("POST", f"{part(project)}/runs", {"run": dict(values)})
        with understood(LABEL):
            return Started(run_external_id=identifier(made, "id"))

    def rerun(self, project: str, run_id: str, *, only: Only) -> Started:
        if only == "failed":
            raise RefusedError(
                f"{LABEL} restarts a whole run, not what failed in it alone. Ask for all."
            )
        self._update(project, run_id, {"status_event": "rerun"})
        return Started(
            run_external_id=run_id,
            note=f"{LABEL} restarts the same run.",
        )

    def change_run(
        self, project: str, run_id: str, changes: Mapping[str, str | None]
    ) -> None:
        if "milestone" in changes:
            raise self.not_offered("linking a run to a milestone from outside")
        self._update(project, run_id, {"title": changes["name"]})

    def close_run(self, project: str, run_id: str) -> None:
        """A run that people execute ends by another word than one of a build."""
        path = f"/api/v2/{part(project)}/runs/{part(run_id)}"
        answer = asked_once(self._client(), "GET", path)
        with understood(LABEL):
            kind = optional_text(_data(answer), "kind")
        event = "finish" if kind == "automated" else "finish_manual"
        self._update(project, run_id, {"status_event": event})

    def create_case(self, project: str, values: Mapping[str, Any]) -> MadeCase:
        made = self._sent("POST", f"{part(project)}/tests", {"test": dict(values)})
        with understood(LABEL):
            if not (test_id := uid(made.get("id"))):
                raise RowError("id is missing")
            return MadeCase(external_id=test_id, name=SideFields(made).text("title"))

    def _update(self, project: str, run_id: str, changes: Mapping[str, Any]) -> None:
        path = f"{part(project)}/runs/{part(run_id)}"
        self._sent("PUT", path, {"run": dict(changes)})

    def _sent(self, method: str, path: str, body: Row) -> Row:
        answer = asked_once(self._client(), method, f"/api/v2/{path}", body)
        with understood(LABEL):
            return _data(answer)

    def _client(self) -> Any:
        try:
            return self._access.v2
        except ConfigError as error:
            raise RefusedError(error.sentence) from None


def _data(answer: Any) -> Row:
    return flat(mapping(mapping(answer, "the answer").get("data"), "data"))
