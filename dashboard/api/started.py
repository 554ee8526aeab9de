"""Runs started and run again at their tool, asked for once whatever is repeated."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

from rest_framework.exceptions import APIException, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from dashboard import lists
from dashboard.addresses import address
from dashboard.annotations.started_runs import rerun, start
from dashboard.api import encoding, schema
from dashboard.api.announce import project_of
from dashboard.api.bodies import Rerun, StartRequest
from dashboard.api.queries import refuse_all
from dashboard.api.schema_fields import body_serializer, serializer_of
from dashboard.api.schema_parameters import IDEMPOTENCY_KEY
from dashboard.api.shapes import StartAnswer
from dashboard.api.views import or_not_found, reader
from dashboard.lists import PagePath
from ingest.models import StartedRun, StartState
from ingest.started_runs.asking import KeyReusedError
from ingest.starting import FieldsError, Only, RefusedError, UnclearError

LONGEST_KEY = 200
ONLY = ("failed", "all")


class Refused(APIException):
    """What a tool refuses, in its words; 409 or 422."""

    def __init__(self, sentence: str, status: int) -> None:
        super().__init__(sentence, code="refused")
        self.status_code = status


class ConnectionStart(APIView):
    """Starts a run at the tool: the fields that it takes, under its own names, and
    `project` where the connection has several. The same `Idempotency-Key` and body again
    give what became of the first request, and the tool is asked once.
    """

    @schema.describe_answer(
        "start_run",
        serializer_of(StartAnswer),
        [IDEMPOTENCY_KEY],
        status=202,
        request=body_serializer(StartRequest),
        errors=(404, 409, 422),
    )
    def post(self, request: Request, pk: int) -> Response:
        refuse_all(request.query_params)
        connection = or_not_found(lists.one_connection(pk), "connection", pk)
        values = body_of(request)
        asked = values.pop("project", None)
        project = project_of(connection, asked)
        with refusals():
            row = start(project, values, by=name_of(request), key=key_of(request))
        return started_answer(request, row)


class RunRerun(APIView):
    """Runs again at the tool what failed in a run, or all of it: a new run."""

    @schema.describe_answer(
        "rerun_run",
        serializer_of(StartAnswer),
        [IDEMPOTENCY_KEY],
        status=202,
        request=body_serializer(Rerun),
        errors=(404, 409, 422),
    )
    def post(self, request: Request, pk: int) -> Response:
        refuse_all(request.query_params)
        run = or_not_found(lists.one_run(pk), "run", pk)
        only = _only(body_of(request))
        with refusals():
            row = rerun(run, only, by=name_of(request), key=key_of(request))
        return started_answer(request, row)


def _only(body: dict[str, Any]) -> Only:
    if unknown := sorted(set(body) - {"only"}):
        raise ValidationError({name: ["Unknown field."] for name in unknown})
    if body.get("only") not in ONLY:
        raise ValidationError({"only": [f"Choose one of: {', '.join(ONLY)}."]})
    return cast(Only, body["only"])


def body_of(request: Request) -> dict[str, Any]:
    """The JSON object that was sent, as a copy; raises ValidationError."""
    body = request.data
    if type(body) is not dict:
        raise ValidationError("A JSON object is needed.")
    return dict(body)


def key_of(request: Request) -> str | None:
    """The Idempotency-Key; None where none was sent. Raises ValidationError."""
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return None
    if not 0 < len(key) <= LONGEST_KEY or not (key.isascii() and key.isprintable()):
        said = f"1 to {LONGEST_KEY} printable characters of ASCII."
        raise ValidationError({"Idempotency-Key": [said]})
    return key


def name_of(request: Request) -> str:
    return request.user.get_username()


@contextmanager
def refusals() -> Iterator[None]:
    """Inside, what stands in the way becomes the API's answer to it."""
    try:
        yield
    except FieldsError as error:
        raise ValidationError(error.errors) from None
    except KeyReusedError:
        said = "This Idempotency-Key was used for another request. Choose a new one."
        raise Refused(said, 422) from None
    except RefusedError as error:
        raise Refused(error.sentence, error.status) from None
    except UnclearError as error:
        raise Refused(error.sentence, 409) from None


def started_answer(request: Request, row: StartedRun) -> Response:
    """What became of it so far; raises Refused where nothing was started."""
    if row.refused_with:
        raise Refused(row.sentence, row.refused_with)
    page = address("project", row.project_id)
    if row.run_id:
        page = address("run", row.run_id)
    answer = StartAnswer(
        id=row.pk,
        status=StartState(row.state).value,
        run=row.run_id,
        url=PagePath(page),
        vendor_url=row.vendor_url,
        sentence=row.sentence,
    )
    return Response(encoding.as_json(answer, reader(request)), status=202)
