"""What the fields of a request to QA.tech may hold, and the refusal of anything else."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID

PREFIXED = r"(-.+_.+|_.+)\Z"


class RefusedError(Exception):
    """The request gets this status and sentence in the vendor's error body."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status, self.sentence = status, sentence


def short_id(asked: Mapping[str, Any], name: str, prefix: str) -> str:
    """A prefixed short id, or "" when the field is absent."""
    value = asked.get(name)
    if value is None:
        return ""
    _check_short_id(value, name, prefix)
    return str(value)


def short_ids(asked: Mapping[str, Any], name: str, prefix: str) -> list[str]:
    values = _list(asked, name)
    for value in values:
        _check_short_id(value, name, prefix)
    return values


def uuids(asked: Mapping[str, Any], name: str) -> list[str]:
    values = _list(asked, name)
    for value in values:
        _check_uuid(value, name)
    return values


def uuid(asked: Mapping[str, Any], name: str) -> None:
    if asked.get(name) is not None:
        _check_uuid(asked[name], name)


def text(
    asked: Mapping[str, Any], name: str, *, needed: bool, most: int | None = None
) -> str:
    """A text of at most `most` letters; "" when it is absent and not needed."""
    value = asked.get(name)
    if value is None and not needed:
        return ""
    if not isinstance(value, str) or not value:
        raise RefusedError(400, f"{name} must be a text that is not empty.")
    if most is not None and len(value) > most:
        raise RefusedError(400, f"{name} must have at most {most} characters.")
    return value


def mapping(value: object, name: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise RefusedError(400, f"{name} must be an object.")
    return value


def _list(asked: Mapping[str, Any], name: str) -> list[Any]:
    values = asked.get(name, [])
    if not isinstance(values, list):
        raise RefusedError(400, f"{name} must be a list.")
    return values


def _check_short_id(value: object, name: str, prefix: str) -> None:
    if not isinstance(value, str) or not re.match(prefix + PREFIXED, value):
        raise RefusedError(400, f"{name} must begin with {prefix}_ or {prefix}-.")


def _check_uuid(value: object, name: str) -> None:
    try:
        UUID(str(value))
    except ValueError as error:
        raise RefusedError(400, f"{name} must be a UUID.") from error
