"""The OpenAPI description, drawn from the same dataclasses that answers are made of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import is_dataclass
from datetime import date, datetime
from functools import cache
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from drf_spectacular.drainage import set_override
from drf_spectacular.utils import (
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
    extend_schema_view,
)
from rest_framework import serializers

from dashboard.addresses import API_V1
from dashboard.api.encoding import withheld
from dashboard.api.queries import DEFAULT_LIMIT, FORMATS, MOST
from dashboard.api.shapes import Meta
from dashboard.filters import Accepts
from dashboard.ids import LARGEST_ID
from dashboard.lists import PagePath
from dashboard.tools import TOOLS

ViewClass = TypeVar("ViewClass", bound=Any)
Method = TypeVar("Method", bound=Callable[..., Any])

WITHHELD = {"allow_null": True, "help_text": "null without a log-in"}
OPTIONAL = {"required": False}
_SCALARS: dict[Any, type[serializers.Field[Any, Any, Any, Any]]] = {
    int: serializers.IntegerField,
    float: serializers.FloatField,
    bool: serializers.BooleanField,
    str: serializers.CharField,
    PagePath: serializers.URLField,
    date: serializers.DateField,
    datetime: serializers.DateTimeField,
    # As it was pushed to us.
    Any: serializers.JSONField,
}


@cache
def serializer_of(row_type: type) -> type[serializers.Serializer[Any]]:
    """A serializer class with the fields of a dataclass; it only describes."""
    options = dict.fromkeys(withheld(row_type), WITHHELD)
    # What a row has beyond the one that it is a kind of stands there where there is any.
    is_more = row_type.__base__ is not object
    added = dict.fromkeys(row_type.__annotations__ if is_more else (), OPTIONAL)
    fields: dict[str, Any] = {
        name: _field(hint, **options.get(name, {}), **added.get(name, {}))
        for name, hint in get_type_hints(row_type).items()
    }
    name = row_type.__name__.removesuffix("Row")
    documented = {"__doc__": row_type.__doc__}
    return type(f"{name}Serializer", (serializers.Serializer,), fields | documented)


@cache
def page_serializer(row_type: type) -> type[serializers.Serializer[Any]]:
    """The envelope of a list of such rows."""
    fields = {
        "count": serializers.IntegerField(
            allow_null=True, help_text="null when counting would take too long"
        ),
        "next": serializers.URLField(allow_null=True),
        "previous": serializers.URLField(allow_null=True),
        "results": serializer_of(row_type)(many=True),
    }
    name = row_type.__name__.removesuffix("Row")
    return type(f"{name}PageSerializer", (serializers.Serializer,), dict(fields))


@cache
def measured_serializer(row_type: type) -> type[serializers.Serializer[Any]]:
    """The envelope of a metric that pages like a list."""
    page = page_serializer(row_type)
    return type(f"Measured{page.__name__}", (page,), {"meta": serializer_of(Meta)()})


def _field(hint: Any, **options: Any) -> Any:
    """A field with its options, which DRF takes when a field is made and not later."""
    if get_origin(hint) in {Union, UnionType}:
        return _one_of(get_args(hint), options)
    if get_origin(hint) is tuple:
        inner = _field(get_args(hint)[0])
        if isinstance(inner, serializers.Serializer):
            return type(inner)(many=True, **options)
        return serializers.ListField(child=inner, **options)
    if isinstance(get_origin(hint), type) and issubclass(get_origin(hint), Mapping):
        return serializers.DictField(child=_field(get_args(hint)[1]), **options)
    if is_dataclass(hint) and isinstance(hint, type):
        return serializer_of(hint)(**options)
    return _SCALARS[hint](**options)


def _one_of(hints: tuple[Any, ...], options: dict[str, Any]) -> Any:
    if type(None) in hints:
        options = {**options, "allow_null": True}
    some = [hint for hint in hints if hint is not type(None)]
    if len(some) == 1:
        return _field(some[0], **options)
    return _AnyOf([_WORDS[hint] for hint in hints], **options)


_WORDS = {int: "integer", str: "string", float: "number", type(None): "null"}


class _AnyOf(serializers.JSONField):
    """A value of several types, which drf-spectacular would take for anything."""

    def __init__(self, words: list[str], **options: Any) -> None:
        super().__init__(**options | {"allow_null": False})
        set_override(self, "field", {"type": words})


_NOT_MODIFIED = OpenApiResponse(description="`If-None-Match` holds the answer's ETag.")
IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "pattern": r"^[\x20-\x7e]+$", "maxLength": 200},
    OpenApiParameter.HEADER,
    description="The same key and body again give the same, and start nothing twice.",
)
_DESCRIPTIONS = {
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
        _parameter(name, text, many=name in _REPEATABLE)
        for name, text in _DESCRIPTIONS.items()
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


def describe_answer(
    name: str,
    answer: Any,
    parameters: Iterable[OpenApiParameter] = (),
    *,
    status: int = 200,
    errors: Iterable[int] = (),
    **more: Any,
) -> Callable[[Method], Method]:
    """Describes a view's method: operation id, parameters, answer, further errors."""
    codes = sorted({*_ALWAYS, *errors})
    described: Callable[[Method], Method] = extend_schema(
        operation_id=name,
        summary=name.replace("_", " ").capitalize(),
        parameters=list(parameters),
        responses={status: answer, **{code: _PROBLEMS[code] for code in codes}}
        | ({304: _NOT_MODIFIED} if status == 200 else {}),
        **more,
    )
    return described


def describe_list(name: str) -> Callable[[ViewClass], ViewClass]:
    """Describes a view of a list by the list itself."""
    return lambda view: _describe_pages(name, view, view.listing, page_serializer)


def describe_metric(
    name: str, more: Iterable[OpenApiParameter] = ()
) -> Callable[[ViewClass], ViewClass]:
    """Describes a view of a metric that pages like a list; `more` are its own."""
    return lambda view: _describe_pages(
        name, view, view.source, measured_serializer, more
    )


def _describe_pages(
    name: str,
    view: ViewClass,
    source: Any,
    envelope: Callable[[type], Any],
    more: Iterable[OpenApiParameter] = (),
) -> ViewClass:
    responses: Any = {
        (200, "application/json"): envelope(source.row),
        (200, "text/csv"): str,
        (200, "application/x-ndjson"): str,
        304: _NOT_MODIFIED,
        **{code: _PROBLEMS[code] for code in (*_ALWAYS, 404)},
    }
    described = extend_schema(
        operation_id=name,
        summary=name.replace("_", " ").capitalize(),
        parameters=[*list_parameters(source.accepts), *more],
        responses=responses,
    )
    return extend_schema_view(get=described)(view)


def describe_export(name: str) -> Callable[[ViewClass], ViewClass]:
    """Describes a view of a list as a Parquet file."""

    def describe(view: ViewClass) -> ViewClass:
        form = OpenApiParameter(
            "format", str, enum=["parquet"], description="It is nothing else."
        )
        answers: Any = {
            (200, "application/vnd.apache.parquet"): bytes,
            304: _NOT_MODIFIED,
            **{code: _PROBLEMS[code] for code in _ALWAYS},
        }
        described = extend_schema(
            operation_id=name,
            summary=name.replace("_", " ").capitalize(),
            parameters=[*parameters(view.listing.accepts), form],
            responses=answers,
        )
        return extend_schema_view(get=described)(view)

    return describe


def describe_single(name: str) -> Callable[[ViewClass], ViewClass]:
    """Describes a view of one object of a list."""

    def describe(view: ViewClass) -> ViewClass:
        listing = view.listing
        answer = serializer_of(listing.whole_row or listing.row)
        moment = _parameter("as_of", _DESCRIPTIONS["as_of"], many=False)
        described = describe_answer(name, answer, [moment], errors=(404,))
        return extend_schema_view(get=described)(view)

    return describe


def _parameter(name: str, text: str, *, many: bool) -> OpenApiParameter:
    shape = _SHAPES.get(name, _NAME)
    if not many:
        return OpenApiParameter(name, shape, description=text)
    several = {"type": "array", "items": shape, "minItems": 1}
    return OpenApiParameter(name, several, description=text, explode=True)


def _problem(about: str) -> OpenApiResponse:
    """In REST framework's shapes: a sentence in `detail`, or sentences by the name of the
    parameter or field at fault.
    """
    return OpenApiResponse(PROBLEM, about)


PROBLEM: dict[str, Any] = {
    "title": "Problem",
    "type": "object",
    "description": "A sentence in `detail`, or a list of sentences for each parameter or "
    "field at fault.",
    "additionalProperties": {
        "anyOf": [{"type": "string"}, {"type": "array"}, {"type": "object"}]
    },
    "minProperties": 1,
}
_PROBLEMS = {
    400: _problem("A parameter or value is unknown, or the body cannot be read."),
    401: _problem("No valid token or session."),
    403: _problem("The token may not do this."),
    404: _problem("There is no such object."),
    405: _problem("The method makes no sense here."),
    409: _problem("It contradicts what is under way or stored."),
    422: _problem("The tool refuses it, in its words."),
    413: _problem("The body is larger than what is read."),
    415: _problem("The body is of another type."),
    429: _problem("Too many requests; see Retry-After."),
    503: _problem(
        "The database or the queue does not answer in time; try again later."
    ),
}
_ALWAYS = (400, 401, 403, 405, 429, 503)


def only_v1(endpoints: list[Any], **_: Any) -> list[Any]:
    """The schema tells of /api/v1/ only, without itself and what catches the rest."""
    return [
        endpoint
        for endpoint in endpoints
        if endpoint[0].startswith(API_V1)
        and endpoint[0] not in {f"{API_V1}schema/", API_V1}
    ]
