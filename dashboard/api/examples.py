"""Real answers as examples of the schema, recorded from a small made-up installation."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from dashboard.api.described_headers import METHODS

FILE = Path(__file__).with_name("examples.json")


@cache
def examples() -> dict[str, Any]:
    """By operation id: the status and the body of its answer."""
    found: dict[str, Any] = json.loads(FILE.read_text())
    return found


def add_examples(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """A hook of drf-spectacular."""
    for operations in result["paths"].values():
        for method in operations.keys() & METHODS:
            operation = operations[method]
            known = examples().get(operation["operationId"])
            if known is None:
                continue
            answer = operation["responses"][str(known["status"])]
            content = answer["content"]["application/json"]
            content["example"] = known["body"]
            if "request" in known:
                for sent in operation["requestBody"]["content"].values():
                    sent["example"] = known["request"]
    return result
