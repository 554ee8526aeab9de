"""Testably asked to make, change and close runs, where an instance offers that.

Its documentation marks these routes as coming: one that is not there yet answers so.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from ingest.connectors.acting import asked_once, code_and_text, understood
from ingest.connectors.reading import part
from ingest.connectors.testably.connector import LABEL, client_for
from ingest.connectors.testably.rows import unwrapped
from ingest.contract import ConnectionConfig
from ingest.http import ApiClient
from ingest.parse import Row, identifier, mapping
from ingest.side_fields import SideFields
from ingest.starting import (
    LONGEST_TEXT,
    FieldKind,
    MadeCase,
    RefusedError,
    Started,
    Starter,
    StartField,
)

FIELDS = (
    StartField(name="name", label="Name", is_required=True),
    StartField(
        name="test_case_ids",
        label="Test cases",
        help="Their ids.",
        kind=FieldKind.LIST,
        is_required=True,
    ),
    StartField(name="milestone_id", label="Milestone", help="Its id."),
)
CASE_FIELDS = (
    StartField(name="title", label="Title", is_required=True),
    StartField(name="description", label="Description"),
    StartField(name="folder_id", label="Folder", help="Its id."),
    StartField(name="priority", label="Priority"),
    StartField(name="type", label="Type"),
)
NAMES = {"name": "name", "milestone": "milestone_id"}
MISSING = frozenset({404, 405, 501})


class StarterOfTestably(Starter):
    vendor: ClassVar[str] = "testably"
    label: ClassVar[str] = LABEL
    start_fields: ClassVar[tuple[StartField, ...]] = FIELDS
    case_fields: ClassVar[tuple[StartField, ...]] = CASE_FIELDS

    def __init__(self, client: ApiClient) -> None:
        self._client = client

    @classmethod
    def connect(cls, config: ConnectionConfig) -> Self:
        return cls(client_for(config))

    @classmethod
    def values_of_test(cls, key: str, folder: str, name: str) -> Mapping[str, str]:
        if key == name:
            return {}
        return {"name": name[:LONGEST_TEXT], "test_case_ids": key}

    def start(self, project: str, values: Mapping[str, Any]) -> Started:
        made = self._probed(
            "POST", f"{part(project)}/runs", "making runs", dict(values)
        )
        with understood(LABEL):
            return Started(run_external_id=identifier(_row(made), "id"))

    def change_run(
        self, project: str, run_id: str, changes: Mapping[str, str | None]
    ) -> None:
        body = {NAMES[name]: value for name, value in changes.items()}
        path = f"{part(project)}/runs/{part(run_id)}"
        self._probed("PATCH", path, "changing runs", body)

    def close_run(self, project: str, run_id: str) -> None:
        path = f"{part(project)}/runs/{part(run_id)}/close"
        self._probed("POST", path, "closing runs", {})

    def create_case(self, project: str, values: Mapping[str, Any]) -> MadeCase:
        path = f"{part(project)}/test-cases"
        made = self._probed("POST", path, "making tests", dict(values))
        with understood(LABEL):
            row = _row(made)
            return MadeCase(
                external_id=identifier(row, "id"), name=SideFields(row).text("title")
            )

    def _probed(self, method: str, path: str, what: str, body: Row) -> Any:
        """The answer; a route that is not there is no fault of what was asked."""
        try:
            return asked_once(self._client, method, f"/projects/{path}", body)
        except RefusedError as error:
            code, _ = code_and_text(error.answer)
            if code not in MISSING:
                raise
            raise RefusedError(
                f"This Testably does not offer {what} from outside, or has no such "
                f"project or run ({code}): its documentation marks it as coming.",
                answer=error.answer,
            ) from None


def _row(answer: Any) -> Row:
    return mapping(unwrapped(answer), "the answer")
