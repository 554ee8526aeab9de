"""What a form was opened with, so that it undoes no change that its reader never saw."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from dashboard.people.errors import CannotChange


class StaleForm(CannotChange):
    """Somebody else changed it since the form was opened."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name} was changed since you opened this page. This is what holds now; "
            "change it again and save."
        )


def version_of(described: Mapping[str, Any]) -> str:
    """Of what the audit log would say of it now, whoever changed it and where."""
    text = json.dumps(described, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def insist_on(expected: str | None, described: Mapping[str, Any], name: str) -> None:
    """Raises StaleForm; programs that send no version ask for nothing."""
    if expected and expected != version_of(described):
        raise StaleForm(name)
