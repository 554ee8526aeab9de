"""Testably handed what was pushed here: uploads, by the address that they came to."""

from __future__ import annotations

import json
from typing import Any, ClassVar, Self

from ingest.connectors.acting import words_of
from ingest.connectors.testably.connector import LABEL, client_for
from ingest.contract import ConnectionConfig, PayloadError
from ingest.http import ApiClient
from ingest.parse import Row, mapping
from ingest.relaying import Act, Part, Relay, Taken

# Below the address without the prefix of the REST API.
PATHS = {"upload": "/functions/v1/upload-ci-results", "upload_rest": "/v1/results"}
NAMED = 5


class RelayOfTestably(Relay):
    vendor: ClassVar[str] = "testably"
    label: ClassVar[str] = LABEL
    # The vendor keeps one result of a case in a run: the last that it was told.
    acts: ClassVar[dict[str, Act]] = {
        name: Act(title="Results", is_repeatable=True) for name in PATHS
    }

    def __init__(self, client: ApiClient) -> None:
        self._client = client

    @classmethod
    def connect(cls, config: ConnectionConfig) -> Self:
        return cls(client_for(config, prefix=""))

    def send(self, part: Part) -> Taken:
        answer = self._client.request_once("POST", PATHS[part.act], part.body)
        row = mapping(answer, "the answer") if isinstance(answer, dict) else {}
        note = _losses(row)
        if row.get("success") is False and not note:
            words = words_of(json.dumps(row))
            raise PayloadError(f"{LABEL} refused it: {words}", answer=words)
        return Taken(note=note)


def _losses(answer: Row) -> str:
    """What it says that it did not store, in one key or the other."""
    ids: list[Any] = []
    for key, name in (("failed_test_case_ids", ""), ("errors", "test_case_id")):
        told = answer.get(key)
        for one in told if isinstance(told, list) else ():
            ids.append(one.get(name) if isinstance(one, dict) else one)
    lost = list(dict.fromkeys(str(one)[:80] for one in ids))
    if not lost:
        return ""
    more = f" and {len(lost) - NAMED:,} more" if len(lost) > NAMED else ""
    return f"{LABEL} did not store {', '.join(lost[:NAMED])}{more}."
