"""Places in a list as text: signed, and bound to the list and its filters."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from django.core import signing

from dashboard.filters import Filters
from dashboard.lists.paging import Position

SALT = "dashboard.cursor"


class CursorError(ValueError):
    """A cursor that was not made by us, or was made for another list or filters."""


def encode_cursor(position: Position, name: str, filters: Filters) -> str:
    return signing.dumps(
        {
            "k": [_to_json(key) for key in position.keys],
            "b": position.is_backwards,
            "f": position.first,
            "n": position.now.isoformat(),
            "l": _binding(name, filters),
        },
        salt=SALT,
    )


def decode_cursor(text: str, name: str, filters: Filters) -> Position:
    """The position of a cursor; CursorError when it belongs elsewhere."""
    try:
        content = signing.loads(text, salt=SALT)
    except signing.BadSignature as error:
        raise CursorError("It is not a cursor of this API.") from error
    if content["l"] != _binding(name, filters):
        raise CursorError(
            "It belongs to another list or to other filters; begin without a cursor."
        )
    return Position(
        keys=tuple(_from_json(key) for key in content["k"]),
        is_backwards=content["b"],
        first=content["f"],
        now=datetime.fromisoformat(content["n"]),
    )


def _binding(name: str, filters: Filters) -> str:
    text = f"{name}?{filters.to_query()}"
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _to_json(key: Any) -> Any:
    return {"t": key.isoformat()} if isinstance(key, datetime) else key


def _from_json(key: Any) -> Any:
    return datetime.fromisoformat(key["t"]) if isinstance(key, dict) else key
