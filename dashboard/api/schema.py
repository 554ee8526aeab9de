"""The OpenAPI description of operations, with their answers and errors."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from drf_spectacular.utils import (
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
    extend_schema_view,
)

from dashboard.addresses import API_V1
from dashboard.api.described_headers import PARQUET
from dashboard.api.schema_fields import (
    measured_serializer,
    page_serializer,
    serializer_of,
)
from dashboard.api.schema_parameters import (
    DESCRIPTIONS,
    list_parameters,
    parameter,
    parameters,
)

ViewClass = TypeVar("ViewClass", bound=Any)
Method = TypeVar("Method", bound=Callable[..., Any])

_NOT_MODIFIED = OpenApiResponse(description="`If-None-Match` holds the answer's ETag.")


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
            (200, PARQUET): bytes,
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
        moment = parameter("as_of", DESCRIPTIONS["as_of"], many=False)
        described = describe_answer(name, answer, [moment], errors=(404,))
        return extend_schema_view(get=described)(view)

    return describe


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
