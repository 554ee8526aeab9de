"""Lists, single objects and the one thing that the API does: start a sync."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable
from typing import Any, ClassVar, TypeVar

from django.http import HttpResponseBase, QueryDict, StreamingHttpResponse
from kombu.exceptions import OperationalError
from rest_framework.exceptions import (
    APIException,
    NotFound,
    PermissionDenied,
    ValidationError,
)
from rest_framework.parsers import FormParser, JSONParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from dashboard import lists
from dashboard.api import encoding, schema
from dashboard.api.conditional import ConditionalView
from dashboard.api.queries import ListQuery, list_query, only_as_of, refuse_all
from dashboard.api.schema_fields import body_serializer, serializer_of
from dashboard.api.shapes import NewProject, StartedSync
from dashboard.lists import Listing, Page, Position, Ranking
from dashboard.lists.cursors import encode_cursor
from dashboard.lists.projects import ProjectRow
from dashboard.models import ApiToken, Scope
from dashboard.reading.scope import everything
from dashboard.waiting_client import CLIENT, WaitingClient
from ingest.intake.errors import InvalidError
from ingest.intake.projects import create_project
from ingest.models.connection import PUSH
from ingest.tasks import request_sync

logger = logging.getLogger(__name__)
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


@schema.describe_list("list_connections")
class ConnectionList(ListView):
    listing = lists.CONNECTIONS


@schema.describe_single("read_connection")
class ConnectionObject(ObjectView):
    listing, noun = lists.CONNECTIONS, "connection"


@schema.describe_list("list_projects")
class ProjectList(ListView):
    """Projects; a POST makes one without a vendor, to which results are pushed."""

    listing = lists.PROJECTS
    write_scope = Scope.INTAKE
    parser_classes = (JSONParser, FormParser, MultiPartParser)

    @schema.describe_answer(
        "create_project",
        serializer_of(ProjectRow),
        status=201,
        request=body_serializer(NewProject),
    )
    def post(self, request: Request) -> Response:
        refuse_all(request.query_params)
        if isinstance(request.auth, ApiToken) and request.auth.project_ids:
            raise PermissionDenied(
                "This token is bound to projects: it makes no other."
            )
        try:
            with everything():
                made = create_project(name_of(request.data))
        except InvalidError as error:
            raise ValidationError(error.errors) from error
        row = lists.PROJECTS.rows([made])[0]
        return Response(encoding.as_json(row, reader(request)), status=201)


def name_of(body: Any) -> str:
    """The name in `{"name": …}`; raises ValidationError for anything else."""
    name = body.get("name") if isinstance(body, dict | QueryDict) else None
    if not isinstance(name, str):
        raise ValidationError({"name": ["A text is needed."]})
    if unknown := sorted(set(body) - {"name"}):
        raise ValidationError({key: ["Unknown field."] for key in unknown})
    if "\0" in name:
        raise ValidationError({"name": ["It holds a character that no name has."]})
    return name


@schema.describe_single("read_project")
class ProjectObject(ObjectView):
    listing, noun = lists.PROJECTS, "project"


@schema.describe_list("list_milestones")
class MilestoneList(ListView):
    listing = lists.MILESTONES


@schema.describe_single("read_milestone")
class MilestoneObject(ObjectView):
    listing, noun = lists.MILESTONES, "milestone"


@schema.describe_list("list_runs")
class RunList(ListView):
    listing = lists.RUNS
    is_timeless = True


@schema.describe_single("read_run")
class RunObject(ObjectView):
    listing, noun = lists.RUNS, "run"
    is_timeless = True


@schema.describe_list("list_cases")
class CaseList(ListView):
    listing = lists.CASES
    is_timeless = True


@schema.describe_single("read_case")
class CaseObject(ObjectView):
    listing, noun = lists.CASES, "case"
    is_timeless = True


@schema.describe_list("list_results")
class ResultList(ListView):
    listing = lists.RESULTS
    is_timeless = True


@schema.describe_single("read_result")
class ResultObject(ObjectView):
    listing, noun = lists.RESULTS, "result"
    is_timeless = True


@schema.describe_list("list_syncs")
class SyncList(ListView):
    listing = lists.SYNCS

    def chosen(self, **ids: int) -> Listing[Any]:
        is_signed_in = self.request.user.is_authenticated
        return self.listing if is_signed_in else lists.SYNCS_FOR_STRANGERS


@schema.describe_single("read_sync")
class SyncObject(ObjectView):
    listing, noun = lists.SYNCS, "sync"


@schema.describe_list("list_threads_of_run")
class RunThreads(ListView):
    """The threads of one run."""

    listing = lists.THREADS
    is_timeless = True

    def chosen(self, **ids: int) -> Listing[Any]:
        run = or_not_found(lists.one_run(ids["pk"]), "run", ids["pk"])
        return lists.threads_of_run(run)


@schema.describe_list("list_results_of_run")
class RunResults(ListView):
    """The results of one run."""

    listing = lists.RESULTS
    is_timeless = True

    def chosen(self, **ids: int) -> Listing[Any]:
        run = or_not_found(lists.one_run(ids["pk"]), "run", ids["pk"])
        return lists.results_of_run(run)


@schema.describe_list("list_results_of_case")
class CaseResults(ListView):
    """The results of one case."""

    listing = lists.RESULTS
    is_timeless = True

    def chosen(self, **ids: int) -> Listing[Any]:
        case = or_not_found(lists.one_case(ids["pk"]), "case", ids["pk"])
        return lists.results_of_case(case)


class Conflict(APIException):
    """What was asked for contradicts what is under way."""

    status_code = 409
    default_code = "conflict"


class QueueGone(APIException):
    """The sync is noted in the database by now; the beat sends it later."""

    status_code = 503
    default_detail = (
        "The queue does not answer. The sync is noted and begins once it is back."
    )


class ConnectionSync(APIView):
    """Starts a sync of every project of a connection; 409 while one is under way."""

    @schema.describe_answer(
        "start_sync",
        serializer_of(StartedSync),
        status=202,
        request=None,
        errors=(404, 409),
    )
    def post(self, request: Request, pk: int) -> Response:
        refuse_all(request.query_params)
        connection = or_not_found(lists.one_connection(pk), "connection", pk)
        if connection.vendor == PUSH:
            raise Conflict(
                f"{connection.name} has no tool to sync: results are pushed."
            )
        try:
            with everything():
                sync = request_sync(connection.pk)
        except (OperationalError, OSError) as error:
            logger.warning("%s: the queue does not answer: %s", connection.name, error)
            raise QueueGone from error
        if sync is None:
            raise Conflict(f"{connection.name} is being synced already.")
        started = encoding.as_json(StartedSync(sync=sync), reader(request))
        return Response(started, status=202)


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
