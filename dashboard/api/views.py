"""What lists and single objects share: pages, streams, answers that are not there."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, ClassVar, TypeVar

from django.http import HttpResponseBase, StreamingHttpResponse
from rest_framework.exceptions import APIException, NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from dashboard import lists
from dashboard.api import encoding
from dashboard.api.conditional import ConditionalView
from dashboard.api.queries import ListQuery, list_query, only_as_of
from dashboard.lists import Listing, Page, Position, Ranking
from dashboard.lists.cursors import encode_cursor
from dashboard.waiting_client import CLIENT, WaitingClient

Found = TypeVar("Found")
Answer = TypeVar("Answer", bound=HttpResponseBase)
ORDER_HEADER = "X-Order"
# The last line of a stream that failed.
BROKEN = "The list broke off here and is not whole. Ask for it again."


def site(request: Request) -> str:
    return f"{request.scheme}://{request.get_host()}"


def reader(request: Request) -> encoding.Reader:
    """Who asks: a token and a session are somebody signed in."""
    return encoding.Reader(
        site=site(request), is_signed_in=bool(request.user.is_authenticated)
    )


def page_answer(
    request: Request, name: str, query: ListQuery, page: Page[Any]
) -> dict[str, Any]:
    """A page with the addresses of those beside it."""
    return {
        "count": page.count,
        "next": _address(request, name, query, page.next),
        "previous": _address(request, name, query, page.previous),
        "results": encoding.as_json(page.rows, reader(request)),
    }


def _address(
    request: Request, name: str, asked: ListQuery, position: Position | None
) -> str | None:
    if position is None:
        return None
    query = request.query_params.copy()
    query["cursor"] = encode_cursor(position, name, asked.filters)
    return f"{site(request)}{request.path}?{query.urlencode()}"


def with_order(
    answer: Answer, listing: Listing[Any] | Ranking[Any], asked: ListQuery
) -> Answer:
    """The answer, which says where rows may be met twice or missed while data arrives."""
    if listing.is_moving(asked.filters):
        answer.headers[ORDER_HEADER] = "moving"
    return answer


def stream_rows(
    request: Request, name: str, query: ListQuery, row: type, rows: Iterable[Any]
) -> StreamingHttpResponse:
    """The whole list as CSV or NDJSON, row by row."""
    if query.format == "csv":
        lines = encoding.csv_lines(row, rows, reader(request))
        content_type = "text/csv; charset=utf-8"
        broken = f"{BROKEN}\r\n"
    else:
        lines = encoding.ndjson_lines(rows, reader(request))
        content_type = "application/x-ndjson"
        broken = json.dumps({"detail": BROKEN}) + "\n"
    client = request.META.get(CLIENT) or WaitingClient()
    file_name = f"{name.replace(' ', '-')}.{query.format}"
    return StreamingHttpResponse(
        encoding.chunks(lines, broken, client),
        content_type=content_type,
        headers={"Content-Disposition": f'attachment; filename="{file_name}"'},
    )


class ListView(ConditionalView):
    """A page of a list, or all of it as a stream."""

    listing: ClassVar[Listing[Any]]

    def chosen(self, **ids: int) -> Listing[Any]:
        """The list that the address names, for whoever asks."""
        return self.listing

    def get(self, request: Request, **ids: int) -> HttpResponseBase:
        listing = self.chosen(**ids)
        asked = list_query(request.query_params, listing.name, listing.accepts)
        if asked.format != "json":
            rows = lists.stream(listing, asked.filters)
            sent = stream_rows(request, listing.name, asked, listing.row, rows)
            return with_order(sent, listing, asked)
        page = lists.page(
            listing, asked.filters, limit=asked.limit, position=asked.position
        )
        answer = Response(page_answer(request, listing.name, asked, page))
        return with_order(answer, listing, asked)


class ObjectView(ConditionalView):
    """One object of a list by its id."""

    listing: ClassVar[Listing[Any]]
    noun: ClassVar[str]

    def get(self, request: Request, pk: int) -> Response:
        only_as_of(request.query_params)
        found = or_not_found(lists.one_row(self.listing, pk), self.noun, pk)
        whole = self.listing.whole
        row = whole(found) if whole else self.listing.rows([found])[0]
        return Response(encoding.as_json(row, reader(request)))


class Conflict(APIException):
    """What was asked for contradicts what is under way."""

    status_code = 409
    default_code = "conflict"


class NoSuchPath(APIView):
    """Says in JSON that a path under /api/v1/ does not exist."""

    schema = None

    def get(self, request: Request, **_: Any) -> Response:
        raise NotFound(f"There is nothing at {request.path}.")

    post = put = patch = delete = get


def or_not_found(found: Found | None, noun: str, pk: int) -> Found:
    """What was found, or a 404."""
    if found is None:
        raise NotFound(f"There is no {noun} {pk}.")
    return found
