"""Testomat.io handed what was pushed here: its reporter API and its import of tests."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, ClassVar, Self

from ingest.connectors.acting import understood
from ingest.connectors.reading import envelope, part
from ingest.connectors.testomatio.access import LABEL, TOKEN, Access, options_of
from ingest.connectors.testomatio.names import flat
from ingest.contract import ConfigError, ConnectionConfig
from ingest.parse import identifier, mapping, optional_text
from ingest.relaying import Act, Part, Relay, Taken

_REPORT = "/api/reporter/{run}"
CALLS = {
    "create_run": ("POST", "/api/reporter"),
    "update_run": ("PUT", _REPORT),
    "add_results": ("POST", f"{_REPORT}/testrun"),
    "import_tests": ("POST", "/api/load?api_key={key}"),
}
PROJECT_TOKEN = "tstmt_"
# The key of a project is asked for once in so long by each process.
KEY_HOLDS_S = 600.0
_keys: dict[tuple[int, str], tuple[float, str]] = {}


class RelayOfTestomatio(Relay):
    """Reports are signed by the project's own key, which a General token can read."""

    vendor: ClassVar[str] = "testomatio"
    label: ClassVar[str] = LABEL
    # Its own reporter sends results and ends again after each error from 501 on.
    acts: ClassVar[dict[str, Act]] = {
        "create_run": Act(title="Opening the run", makes="run"),
        "update_run": Act(title="Changing or ending the run", is_repeatable=True),
        "add_results": Act(title="Results", is_repeatable=True),
        "import_tests": Act(title="Imported tests", is_repeatable=True),
    }

    def __init__(self, access: Access, config: ConnectionConfig) -> None:
        self._access = access
        self._token = config.secrets.get(TOKEN.name, "").strip()
        # What a process keeps of one account must not serve another.
        self._account = hash((access.reports.base_url, *sorted(config.secrets.items())))

    @classmethod
    def connect(cls, config: ConnectionConfig) -> Self:
        return cls(Access(config, options_of(config).origin), config)

    def send(self, part: Part) -> Taken:
        client = self._access.reports
        key = self._key(part.project)
        client.hide(key)
        method, path = _call(part, key)
        # An import bears the key in its address, and its tests are kept as they are.
        is_import = part.act == "import_tests"
        body = part.body if is_import else _signed(_renamed(part), key)
        answer = client.request_once(method, path, body)
        if not self.acts[part.act].makes:
            return Taken()
        with understood(LABEL):
            made = mapping(answer, "the answer")
            return Taken(made=identifier(made, "uid"), url=optional_text(made, "url"))

    def _key(self, project: str) -> str:
        if self._token.startswith(PROJECT_TOKEN):
            return self._token
        wanted = (self._account, project)
        read_at, key = _keys.get(wanted, (0.0, ""))
        if not key or time.monotonic() - read_at > KEY_HOLDS_S:
            key = self._read_key(project)
            _keys[wanted] = (time.monotonic(), key)
        return key

    def _read_key(self, project: str) -> str:
        answer = self._access.classic.get(f"/api/projects/{part(project)}")
        with envelope(LABEL):
            found = flat(mapping(mapping(answer, "the answer").get("data"), "data"))
            key = optional_text(found, "api_key")
        if not key:
            raise ConfigError(
                f"{LABEL} does not tell this token the key of the project {project}, "
                f"which reports need. Enter the project's own token ({PROJECT_TOKEN}…)."
            )
        return key


def _call(wanted: Part, key: str) -> tuple[str, str]:
    method, path = CALLS[wanted.act]
    return method, path.format(run=part(wanted.run), key=part(key))


def _renamed(wanted: Part) -> Any:
    """The body with the vendor's id of the run where its results begin with ours."""
    if wanted.act != "add_results" or not wanted.client_run:
        return wanted.body
    ours, theirs = f"{wanted.client_run}-", f"{wanted.run}-"
    rows = wanted.body.get("tests", [wanted.body])
    renamed = [
        row | {"rid": row["rid"].replace(ours, theirs)}
        if isinstance(row, dict) and isinstance(row.get("rid"), str)
        else row
        for row in rows
    ]
    return wanted.body | {"tests": renamed} if "tests" in wanted.body else renamed[0]


def _signed(body: Mapping[str, Any], key: str) -> dict[str, Any]:
    """With the key wherever the vendor's reporter puts it."""
    signed = dict(body) | {"api_key": key}
    if isinstance(tests := signed.get("tests"), list):
        signed["tests"] = [
            one | {"api_key": key} if isinstance(one, dict) else one for one in tests
        ]
    return signed
