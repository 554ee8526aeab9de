"""The OpenAPI description, drawn from the same dataclasses that answers are made of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import is_dataclass
from datetime import date, datetime
from functools import cache
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

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
from dashboard.lists import PagePath

ViewClass = TypeVar("ViewClass", bound=Any)
Method = TypeVar("Method", bound=Callable[..., Any])

WITHHELD = {"allow_null": True, "help_text": "null without a log-in"}
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
    fields: dict[str, Any] = {
        name: _field(hint, **options.get(name, {}))
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
    return serializers.JSONField(**options)


IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
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
    "counted": "1: without runs that a person excluded from every number, which is what "
    "metrics do unless it is 0; lists do so when it is 1. Milestones always do.",
}
_REPEATABLE = frozenset(
    {"project", "connection", "tool", "source", "configuration", "milestone"}
    | {"branch", "case", "status"}
)


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
            "limit", int, description=f"Rows a page, at most {MOST}; {DEFAULT_LIMIT}."
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
    codes = sorted({400, 401, 429, *errors})
    described: Callable[[Method], Method] = extend_schema(
        operation_id=name,
        summary=name.replace("_", " ").capitalize(),
        parameters=list(parameters),
        responses={status: answer, **{code: _PROBLEMS[code] for code in codes}},
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
        **{code: _PROBLEMS[code] for code in (400, 401, 404, 429)},
    }
    described = extend_schema(
        operation_id=name,
        summary=name.replace("_", " ").capitalize(),
        parameters=[*list_parameters(source.accepts), *more],
        responses=responses,
    )
    return extend_schema_view(get=described)(view)


def describe_single(name: str) -> Callable[[ViewClass], ViewClass]:
    """Describes a view of one object of a list."""

    def describe(view: ViewClass) -> ViewClass:
        listing = view.listing
        answer = serializer_of(listing.whole_row or listing.row)
        return extend_schema_view(get=describe_answer(name, answer, errors=(404,)))(
            view
        )

    return describe


def _parameter(name: str, text: str, *, many: bool) -> OpenApiParameter:
    kind = int if name in {"project", "milestone", "case"} else str
    return OpenApiParameter(name, kind, many=many, description=text)


class ProblemSerializer(serializers.Serializer[Any]):
    """A sentence in `detail`, or a list of sentences for each parameter at fault."""

    detail = serializers.CharField(required=False)


_PROBLEMS = {
    400: OpenApiResponse(ProblemSerializer, "A parameter or value is unknown."),
    401: OpenApiResponse(ProblemSerializer, "No valid token or session."),
    403: OpenApiResponse(ProblemSerializer, "The token may not do this."),
    404: OpenApiResponse(ProblemSerializer, "There is no such object."),
    409: OpenApiResponse(
        ProblemSerializer, "It contradicts what is under way or stored."
    ),
    422: OpenApiResponse(ProblemSerializer, "The tool refuses it, in its words."),
    413: OpenApiResponse(ProblemSerializer, "The body is larger than what is read."),
    415: OpenApiResponse(ProblemSerializer, "The body is of another type."),
    429: OpenApiResponse(ProblemSerializer, "Too many requests; see Retry-After."),
}


def only_v1(endpoints: list[Any], **_: Any) -> list[Any]:
    """The schema tells of /api/v1/ only, without itself and what catches the rest."""
    return [
        endpoint
        for endpoint in endpoints
        if endpoint[0].startswith(API_V1)
        and endpoint[0] not in {f"{API_V1}schema/", API_V1}
    ]
