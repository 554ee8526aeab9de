"""QA.tech asked to do things: runs started and rerun, test cases made."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

from ingest.connectors.acting import asked_once, refuse_failure, understood
from ingest.connectors.qatech.api import KEY, LABEL, client_for, scope
from ingest.connectors.reading import envelope, part, setting
from ingest.contract import ConnectionConfig
from ingest.http import ApiClient
from ingest.parse import Row, identifier, listing, mapping
from ingest.side_fields import SideFields
from ingest.starting import (
    FieldKind,
    FieldsError,
    MadeCase,
    Only,
    Started,
    Starter,
    StartField,
)

APPLICATION = "applicationShortId"
# What belongs to the one application that is named flat.
OF_APPLICATION = ("environment", "devicePresetShortId")
FIELDS = (
    StartField(
        name="testPlanShortId",
        label="Test plan",
        help="Its short id, pln_…; without a plan and tests the project's default plan runs.",
    ),
    StartField(
        name="testCaseIds",
        label="Test cases",
        help="Ids of tests, in place of a plan.",
        kind=FieldKind.LIST,
    ),
    StartField(name=APPLICATION, label="Application", help="Its short id, app_…."),
    StartField(
        name="environment",
        label="Environment",
        help="Its short id (env_…), an address, or QA.tech's own object; of the "
        "application named above.",
        kind=FieldKind.JSON,
    ),
    StartField(
        name="devicePresetShortId",
        label="Device preset",
        help="Its short id, preset_…; of the application named above.",
    ),
    StartField(
        name="applications",
        label="Several applications",
        help="A list of QA.tech's objects, in place of the one above.",
        kind=FieldKind.JSON,
    ),
    StartField(
        name="configs",
        label="Configurations",
        help="Values of configurations for this run, as QA.tech takes them. Passwords "
        "may be among them: they are not kept.",
        kind=FieldKind.JSON,
        may_be_secret=True,
    ),
    StartField(
        name="configsByEnvironment",
        label="Configurations by environment",
        help="Likewise.",
        kind=FieldKind.JSON,
        may_be_secret=True,
    ),
)
CASE_FIELDS = (
    StartField(name="name", label="Name", help="1 to 80 letters.", is_required=True),
    StartField(
        name="goal", label="Goal", help="What the test is to do.", is_required=True
    ),
    StartField(
        name=APPLICATION,
        label="Application",
        help="Its short id, app_….",
        is_required=True,
    ),
    StartField(name="expectedResult", label="Expected result"),
    StartField(
        name="configShortIds",
        label="Configurations",
        help="Short ids, cfg_….",
        kind=FieldKind.LIST,
    ),
    StartField(
        name="scenarioShortId", label="Scenario", help="Its short id, scenario_…."
    ),
    StartField(name="resumeFromDependencyProjectTestCaseId", label="Goes on from test"),
    StartField(
        name="waitForDependenciesProjectTestCaseIds",
        label="Waits for tests",
        kind=FieldKind.LIST,
    ),
)


class StarterOfQatech(Starter):
    vendor: ClassVar[str] = "qatech"
    label: ClassVar[str] = LABEL
    start_fields: ClassVar[tuple[StartField, ...]] = FIELDS
    case_fields: ClassVar[tuple[StartField, ...]] = CASE_FIELDS
    reruns: ClassVar[tuple[Only, ...]] = ("failed", "all")
    tells_addresses: ClassVar[bool] = True

    def __init__(self, client: ApiClient, *, key: str) -> None:
        self._client = client
        self._key = key

    @classmethod
    def connect(cls, config: ConnectionConfig) -> Self:
        return cls(client_for(config), key=setting(config, KEY))

    @classmethod
    def values_of_test(cls, key: str, folder: str, name: str) -> Mapping[str, str]:
        # A test that came without an id is known by its name.
        return {} if key == name else {"testCaseIds": key}

    def check_start(self, values: Mapping[str, Any]) -> None:
        errors: dict[str, list[str]] = {}
        if "testPlanShortId" in values and "testCaseIds" in values:
            errors["testCaseIds"] = ["A plan or tests, not both."]
        if "applications" in values and APPLICATION in values:
            errors["applications"] = [f"This or {APPLICATION}, not both."]
        elif APPLICATION not in values:
            alone = [name for name in OF_APPLICATION if name in values]
            errors |= {name: [f"It needs {APPLICATION}."] for name in alone}
        if errors:
            raise FieldsError(errors)

    def start(self, project: str, values: Mapping[str, Any]) -> Started:
        return self._started("/run", project, _start_body(values))

    def rerun(self, project: str, run_id: str, *, only: Only) -> Started:
        body = {"failedOnly": True} if only == "failed" else {}
        return self._started(f"/run/{part(run_id)}", project, body)

    def create_case(self, project: str, values: Mapping[str, Any]) -> MadeCase:
        answer = self._sent("/test-cases", project, values)
        with understood(LABEL):
            made = mapping(refuse_failure(answer, LABEL).get("testCase"), "testCase")
            side = SideFields(made)
            return MadeCase(
                external_id=identifier(made, "id"),
                name=side.text("name"),
                url=side.web_address("url"),
            )

    def outbound_ips(self) -> Sequence[str]:
        answer = self._client.get("/outbound-ips")
        with envelope("QA.tech outbound-ips"):
            rows = listing(
                mapping(answer, "the answer").get("ipAddresses"), "ipAddresses"
            )
        return [row for row in rows if isinstance(row, str)]

    def _started(self, path: str, project: str, body: Row) -> Started:
        answer = self._sent(path, project, body)
        with understood(LABEL):
            run = mapping(refuse_failure(answer, LABEL).get("run"), "run")
            return Started(
                run_external_id=identifier(run, "shortId"),
                url=SideFields(run).web_address("url"),
            )

    def _sent(self, path: str, project: str, body: Mapping[str, Any]) -> Any:
        # The body is required, though every field of it is optional.
        named = {**body, **scope(project, key=self._key)}
        return asked_once(self._client, "POST", path, named)


def _start_body(values: Mapping[str, Any]) -> dict[str, Any]:
    """The vendor's own nesting of what was named flat."""
    plain = ("testPlanShortId", "testCaseIds", "applications")
    body = {name: values[name] for name in plain if name in values}
    if APPLICATION in values:
        body["applications"] = [_application(values)]
    configs = ("configs", "configsByEnvironment")
    if parameters := {name: values[name] for name in configs if name in values}:
        body["parameters"] = parameters
    return body


def _application(values: Mapping[str, Any]) -> dict[str, Any]:
    application = {APPLICATION: values[APPLICATION]}
    if preset := values.get("devicePresetShortId"):
        application["devicePresetShortId"] = preset
    if environment := values.get("environment"):
        application["environment"] = _environment(environment)
    return application


def _environment(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    is_address = re.match(r"https?://", value, re.IGNORECASE)
    return {"url" if is_address else "shortId": value}
