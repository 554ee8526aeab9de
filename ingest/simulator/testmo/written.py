"""What Testmo's reference lets a client write, and what it refuses as invalid."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ingest.simulator.testmo.paging import InvalidError
from ingest.simulator.testmo.statuses import STATUSES, Body

KEY, ALIAS = re.compile(r"[a-z0-9_]{1,64}\Z"), re.compile(r"[a-z0-9_]+\Z")
SOURCE = re.compile(r"[a-zA-Z][a-zA-Z0-9-]+\Z")
LONGEST_NOTE, FIELD_TYPES = 80, range(1, 6)
# The outcome that a status alias stands for; error counts as failed.
OUTCOMES = {"success": "passed", "failure": "failed"}
ALIASES = {
    alias: OUTCOMES.get(alias, alias) for s in STATUSES for alias in s["aliases"]
}


def text(given: Mapping[str, Any], name: str, at: str = "") -> str:
    """A text that must be there and not empty."""
    value = given.get(name)
    if not isinstance(value, str) or not value:
        raise InvalidError(f"{at}{name}", f"The {name} field is required.")
    return value


def whole(given: Mapping[str, Any], name: str, at: str = "") -> int | None:
    """A whole number from 0; None when it is absent."""
    value = given.get(name)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise InvalidError(f"{at}{name}", f"The {name} must be an integer.")
    return value


def flag(given: Mapping[str, Any], name: str) -> bool:
    value = given.get(name, False)
    if not isinstance(value, bool):
        raise InvalidError(name, f"The {name} field must be true or false.")
    return value


def objects(
    given: Mapping[str, Any], name: str, at: str = ""
) -> list[tuple[str, Body]]:
    """Each object of a list with the prefix that its fields have in errors."""
    rows = [] if given.get(name) is None else given[name]
    if not isinstance(rows, list):
        raise InvalidError(f"{at}{name}", f"The {name} must be an array.")
    for index, row in enumerate(rows):
        if not isinstance(row, dict):
            raise InvalidError(f"{at}{name}.{index}", "The item must be an object.")
    return [(f"{at}{name}.{index}.", row) for index, row in enumerate(rows)]


def source(given: Mapping[str, Any]) -> str:
    name = text(given, "source")
    if not SOURCE.match(name):
        raise InvalidError("source", "The source is invalid.")
    return name


def tags(given: Mapping[str, Any]) -> tuple[str, ...]:
    found = [] if given.get("tags") is None else given["tags"]
    if not isinstance(found, list) or not all(isinstance(tag, str) for tag in found):
        raise InvalidError("tags", "The tags must be an array of strings.")
    return tuple(found)


def artifacts(given: Mapping[str, Any], at: str = "") -> list[Body]:
    return [
        _link(row, here)
        | {"mime_type": row.get("mime_type"), "size": whole(row, "size", here)}
        for here, row in objects(given, "artifacts", at)
    ]


def links(given: Mapping[str, Any]) -> list[Body]:
    return [_link(row, here) for here, row in objects(given, "links")]


def fields(given: Mapping[str, Any], at: str = "") -> list[Body]:
    return [_field(row, here) for here, row in objects(given, "fields", at)]


def test(row: Mapping[str, Any], at: str, *, any_alias: bool) -> Body:
    """key, name, folder, outcome and elapsed_us of one test.

    any_alias: an unknown status alias is a status that says neither passed nor failed.
    """
    key, alias = text(row, "key", at), text(row, "status", at)
    if not KEY.match(key):
        raise InvalidError(f"{at}key", "The key format is invalid.")
    if not ALIAS.match(alias):
        raise InvalidError(f"{at}status", "The status format is invalid.")
    if alias not in ALIASES and not any_alias:
        raise InvalidError(f"{at}status", "The selected status is invalid.")
    for name in ("line", "assertions"):
        whole(row, name, at)
    artifacts(row, at)
    fields(row, at)
    return {
        "key": key,
        "name": text(row, "name", at),
        "folder": text(row, "folder", at),
        "outcome": ALIASES.get(alias, "parked"),
        "elapsed_us": whole(row, "elapsed", at),
    }


def _link(row: Mapping[str, Any], at: str) -> Body:
    note = row.get("note")
    if note is not None and (not isinstance(note, str) or len(note) > LONGEST_NOTE):
        sentence = f"The note may not be greater than {LONGEST_NOTE} characters."
        raise InvalidError(f"{at}note", sentence)
    return {"name": text(row, "name", at), "url": text(row, "url", at), "note": note}


def _field(row: Mapping[str, Any], at: str) -> Body:
    if row.get("type") not in FIELD_TYPES or isinstance(row["type"], bool):
        raise InvalidError(f"{at}type", "The selected type is invalid.")
    meta = row.get("meta") or {}
    if not isinstance(meta, dict):
        raise InvalidError(f"{at}meta", "The meta must be an object.")
    return {
        "type": row["type"],
        "name": text(row, "name", at),
        "value": row.get("value"),
        "meta": meta,
        "is_highlight": bool(row.get("is_highlight", False)),
    }
