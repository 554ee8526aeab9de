"""What a tool takes: the API's own parameters as JSON Schema, and arguments as its query."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from typing import Any

from drf_spectacular.utils import OpenApiParameter

from dashboard.api.schema_parameters import ID, list_parameters
from dashboard.filters import Accepts
from dashboard.ids import LARGEST_ID, id_of
from dashboard.mcp.errors import CannotAnswerError
from dashboard.ui.text import numbers

# What a query is made of: each name with its values.
Query = Mapping[str, tuple[str, ...]]
JsonSchema = dict[str, Any]

# Rows that one answer holds, for whoever reads them has to keep them in mind.
ROWS, MOST_ROWS = 20, 100
LONGEST_TEXT = 2_000
MOST_VALUES = 200

_TYPES: dict[Any, str] = {
    str: "string",
    int: "integer",
    float: "number",
    bool: "boolean",
}
# Which of the API's parameters say what is asked about, on nearly every tool.
ABOUT = (
    *("project", "connection", "tool", "source", "configuration", "milestone"),
    *("branch", "window", "since", "until", "as_of"),
)
PAGING = ("limit", "cursor")


def inputs(
    accepts: Accepts, names: Iterable[str], more: Iterable[OpenApiParameter] = ()
) -> dict[str, JsonSchema]:
    """Those of the parameters of an endpoint, as it describes them itself."""
    described = {p.name: p for p in (*list_parameters(accepts), *more)}
    return {name: _schema(described[name]) for name in names} | _paging(names)


def ids(**about: str) -> dict[str, JsonSchema]:
    """Ids that stand in an address: each name with what it is the id of."""
    return {name: {**ID, "description": text} for name, text in about.items()}


def words(name: str, among: Iterable[str], about: str) -> dict[str, JsonSchema]:
    return {name: {"type": "string", "enum": list(among), "description": about}}


def _paging(names: Iterable[str]) -> dict[str, JsonSchema]:
    if "limit" not in names:
        return {}
    limit = {
        "type": "integer",
        "minimum": 1,
        "maximum": MOST_ROWS,
        "description": f"Rows, {ROWS} unless said.",
    }
    cursor = {
        "type": "string",
        "description": "`next_cursor` of an answer to the same arguments: its next rows.",
    }
    return {"limit": limit, "cursor": cursor}


def _schema(parameter: OpenApiParameter) -> JsonSchema:
    kind = parameter.type
    found: JsonSchema = (
        copy.deepcopy(kind) if isinstance(kind, dict) else {"type": _TYPES[kind]}
    )
    if parameter.enum:
        found["enum"] = list(parameter.enum)
    if parameter.many:
        found = {"type": "array", "items": found}
    if parameter.description:
        found["description"] = parameter.description
    return found


def query_of(
    arguments: Mapping[str, Any],
    takes: Mapping[str, JsonSchema],
    required: Iterable[str],
) -> dict[str, tuple[str, ...]]:
    """Raises CannotAnswerError for what the API would not be asked."""
    given = {name: value for name, value in arguments.items() if value is not None}
    if unknown := sorted(set(given) - set(takes)):
        raise CannotAnswerError(
            f"There is no argument “{shown(unknown[0])}” here. It takes: {', '.join(takes)}."
        )
    if missing := [name for name in required if name not in given]:
        raise CannotAnswerError(f"{missing[0]}: It is missing.")
    query = {name: _texts(name, value) for name, value in given.items()}
    if sum(map(len, query.values())) > MOST_VALUES:
        raise CannotAnswerError(
            f"More than {MOST_VALUES} values are not asked for at once."
        )
    if "limit" in takes:
        query["limit"] = (_limit(query),)
    return query


def one_id(query: Query, name: str) -> int:
    """The id that an argument is."""
    texts = query[name]
    number = id_of(texts[0]) if len(texts) == 1 else None
    if number is None:
        raise CannotAnswerError(f"{name}: It must be one id, a whole number.")
    return number


def one_word(query: Query, name: str, among: Iterable[str]) -> str:
    known, text = tuple(among), " ".join(query[name])
    if text not in known:
        wanted = ", ".join(known)
        raise CannotAnswerError(f"{name}: “{shown(text)}” is none of {wanted}.")
    return text


def shown(text: str) -> str:
    return text[:60]


def _texts(name: str, value: Any) -> tuple[str, ...]:
    several = value if isinstance(value, list) else [value]
    return tuple(_text(name, one) for one in several)


def _text(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float) and value.is_integer():
        # JSON knows one kind of numbers.
        value = int(value)
    if isinstance(value, int):
        # No column holds a larger one, and to write it can take long.
        value = str(value) if abs(value) <= 10 * LARGEST_ID else "very large"
    if not isinstance(value, str | float):
        raise CannotAnswerError(
            f"{name}: It must be a text or a number, or a list of them."
        )
    text = str(value)
    if len(text) > LONGEST_TEXT or not _is_sendable(text):
        raise CannotAnswerError(
            f"{name}: It must be a text of {numbers.count(LONGEST_TEXT)} letters at most."
        )
    return text


def _is_sendable(text: str) -> bool:
    """JSON can say halves of letters, which are none."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _limit(query: Query) -> str:
    # An empty list says nothing, as with every other argument.
    text = next(iter(query.get("limit", ())), str(ROWS))
    number = id_of(text)
    if number is None or not 1 <= number <= MOST_ROWS:
        raise CannotAnswerError(f"limit: It must be a number from 1 to {MOST_ROWS}.")
    return text
