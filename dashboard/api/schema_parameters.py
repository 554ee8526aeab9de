"""Parameters of the OpenAPI description: the filters, paging, and their forms."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter

from dashboard.api.queries import DEFAULT_LIMIT, FORMATS, MOST
from dashboard.filters import Accepts
from dashboard.ids import LARGEST_ID
from dashboard.tools import TOOLS

IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "pattern": r"^[\x20-\x7e]+$", "maxLength": 200},
    OpenApiParameter.HEADER,
    description="The same key and body again give the same, and start nothing twice.",
)
DESCRIPTIONS = {
    "project": "Id of a project.",
    "connection": "Id or name of a connection.",
    "tool": "A tool: testmo, testomatio, testably, qatech, testifly or push.",
    "source": "Name of a source.",
    "configuration": "Name of a configuration; aliases count as what they stand for.",
    "milestone": "Id of a milestone.",
    "branch": "Name of a branch.",
    "case": "Id of a case.",
    "q": "Part of a case's name, folder or key; in lists of runs, of a run's name.",
    "since": "ISO 8601 time or UTC day; the window is [since, until).",
    "until": "ISO 8601 time or UTC day.",
    "window": "The last so many days, such as 30d; not together with since and until.",
    "latest": "1: the newest final result of each case and configuration.",
    "final": "1: final results only, which are the ones that metrics count.",
    "never_executed": "1: only tests without any result, of which their tool told.",
    "signature": "Of a failure's message, as metrics/failures/ gives it: its final "
    "results that did not pass; none: those without a message.",
    "message": "Part of a failure's message.",
    "default_branch": "1: of projects with a default branch only runs on it, which is "
    "what metrics do unless it is 0 or a branch is chosen; lists do so when it is 1.",
    "as_of": "ISO 8601 time: everything as it was recorded then; names, messages, owners "
    "and what people said are today's. Not before until, nor before results are kept.",
    "counted": "1: without runs that a person excluded from every number, which is what "
    "metrics do unless it is 0; lists do so when it is 1. Milestones always do.",
}
_REPEATABLE = frozenset(
    {"project", "connection", "tool", "source", "configuration", "milestone"}
    | {"branch", "case", "status"}
)
# What the database can be asked for: a text without NUL.
_TEXT: dict[str, Any] = {"type": "string", "pattern": r"^[^\u0000]*$"}
_NAME: dict[str, Any] = {"type": "string", "pattern": r"^[^\u0000]+$"}
FLAG: dict[str, Any] = {"type": "string", "enum": ["0", "1"]}
ID: dict[str, Any] = {"type": "integer", "minimum": 1, "maximum": LARGEST_ID}
_MOMENT: dict[str, Any] = {
    "type": "string",
    "pattern": r"^(19[7-9]|20\d|21\d)\d-\d\d-\d\d([T ].+)?$",
    "examples": ["2026-11-19T06:45:00Z", "2026-11-19"],
}
_SHAPES: dict[str, dict[str, Any]] = {
    "project": ID,
    "milestone": ID,
    "case": ID,
    "tool": {"type": "string", "enum": sorted(TOOLS)},
    "q": _TEXT,
    "message": _TEXT,
    "since": _MOMENT,
    "until": _MOMENT,
    "window": {
        "type": "string",
        "pattern": r"^[1-9][0-9]{0,4}d$",
        "examples": ["7d", "30d"],
    },
    "signature": {
        "type": "string",
        "pattern": r"^(none|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$",
    },
    **dict.fromkeys(
        ("latest", "final", "never_executed", "default_branch", "counted"), FLAG
    ),
}


def parameters(accepts: Accepts) -> list[OpenApiParameter]:
    """The common filters of an endpoint."""
    found = [
        parameter(name, text, many=name in _REPEATABLE)
        for name, text in DESCRIPTIONS.items()
        if name not in accepts.refused
    ]
    if "status" not in accepts.refused:
        found.append(
            OpenApiParameter(
                "status", str, many=True, enum=[str(s) for s in accepts.statuses]
            )
        )
    if accepts.sorts:
        found.append(
            OpenApiParameter(
                "sort", str, enum=list(accepts.sorts), description="The order of rows."
            )
        )
    return found


def list_parameters(accepts: Accepts) -> list[OpenApiParameter]:
    """The common filters, and those of paging."""
    return [
        *parameters(accepts),
        OpenApiParameter(
            "limit",
            {"type": "integer", "minimum": 1, "maximum": MOST},
            description=f"Rows a page, at most {MOST}; {DEFAULT_LIMIT}.",
        ),
        OpenApiParameter(
            "cursor", str, description="From `next` or `previous` of another page."
        ),
        OpenApiParameter(
            "format",
            str,
            enum=list(FORMATS),
            description="csv and ndjson stream the whole list, whatever its limit.",
        ),
    ]


def choice(name: str, words: tuple[str, ...]) -> OpenApiParameter:
    return OpenApiParameter(
        name, str, enum=list(words), description=f"{words[0]} unless said."
    )


def parameter(name: str, text: str, *, many: bool) -> OpenApiParameter:
    shape = _SHAPES.get(name, _NAME)
    if not many:
        return OpenApiParameter(name, shape, description=text)
    several = {"type": "array", "items": shape, "minItems": 1}
    return OpenApiParameter(name, several, description=text, explode=True)
