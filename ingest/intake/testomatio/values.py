"""What may stand in any body of Testomat.io: texts, lists, and values of any kind."""

from __future__ import annotations

import math
from typing import Any

from ingest.intake.errors import InvalidError
from ingest.parse import Row, kind, text_of

# No runner nests its steps or values deeper than a person would read.
DEEPEST = 30


def body_of(value: Any) -> Row:
    """The body as an object; raises InvalidError."""
    if not isinstance(value, dict):
        raise InvalidError(f"The body is {kind(value)}, not an object.")
    return value


def plain(value: Any, depth: int = 0) -> Any:
    """A JSON value that PostgreSQL can hold; what is too deep becomes null."""
    if depth > DEEPEST:
        return None
    if isinstance(value, str):
        return text_of(value)
    if isinstance(value, dict):
        return {text_of(key): plain(one, depth + 1) for key, one in value.items()}
    if isinstance(value, list):
        return [plain(one, depth + 1) for one in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def names(value: Any) -> list[str]:
    """The names of a list or of a text with commas, each once; others are left out."""
    words = value.split(",") if isinstance(value, str) else value
    if not isinstance(words, list):
        return []
    kept = (text_of(word).strip() for word in words if isinstance(word, str))
    return list(dict.fromkeys(word for word in kept if word))
