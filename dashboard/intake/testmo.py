"""Testmo's automation write API, for its own clients: its addresses, codes and words."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import wraps
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path, re_path
from django.views.decorators.csrf import csrf_exempt

from dashboard.ids import LARGEST_ID
from dashboard.intake.access import RefusedError, bearer, known_project, token_of
from dashboard.intake.bodies import json_of
from dashboard.intake.handing_on import hand_on_later, handed_on
from dashboard.intake.rate import TooOftenError, check_rate
from dashboard.models import ApiToken
from ingest.connections import mapped_words
from ingest.contract import PayloadError
from ingest.intake import runs
from ingest.intake.closing import close_run
from ingest.intake.errors import IntakeError, InvalidError, UnknownRunError
from ingest.intake.testmo import bodies
from ingest.intake.testmo.runs import FORMAT, open_in
from ingest.relay.outbox import Queue

Act = Callable[[ApiToken, int, HttpRequest], HttpResponse]


def _route(act: Act) -> Callable[..., HttpResponse]:
    """A view of POST alone, with every refusal in the vendor's shape."""

    @csrf_exempt
    @wraps(act)
    def view(request: HttpRequest, pk: int) -> HttpResponse:
        if request.method != "POST":
            return _problem(405, "This address takes POST.", headers={"Allow": "POST"})
        try:
            token = token_of(bearer(request))
            check_rate(token)
            return act(token, min(pk, LARGEST_ID), request)
        except TooOftenError as error:
            wait = {"Retry-After": str(error.retry_after_s)}
            return _problem(429, error.sentence, headers=wait)
        except RefusedError as error:
            asks = {"WWW-Authenticate": "Bearer"} if error.status == 401 else {}
            return _problem(error.status, error.sentence, headers=asks)
        except UnknownRunError as error:
            return _problem(404, error.sentence)
        except InvalidError as error:
            return _problem(422, error.sentence, error.errors)
        except (IntakeError, PayloadError) as error:
            return _problem(422, error.sentence)

    return view


@_route
def create_run(token: ApiToken, pk: int, request: HttpRequest) -> HttpResponse:
    project, body = known_project(token, pk), json_of(request)
    with transaction.atomic():
        run = open_in(project, bodies.new_run(body))
        if run.pushed.is_relayed:
            hand_on_later(Queue(project.pk, run.pk), "create_run", body)
    return JsonResponse({"id": run.pk}, status=201)


@_route
def append_to_run(token: ApiToken, pk: int, request: HttpRequest) -> HttpResponse:
    run, body = _run(token, pk), json_of(request)
    with run.handed_on("append_run", body):
        runs.attach(run.pk, bodies.run_part(body))
    return _done()


@_route
def complete_run(token: ApiToken, pk: int, request: HttpRequest) -> HttpResponse:
    run, body = _run(token, pk), json_of(request)
    with run.handed_on("complete_run", body):
        close_run(run.pk, measures_elapsed=bodies.measures_elapsed(body))
    return _done()


@_route
def create_thread(token: ApiToken, pk: int, request: HttpRequest) -> HttpResponse:
    run, body = _run(token, pk), json_of(request)
    part = bodies.thread_part(body, run.source)
    with transaction.atomic():
        thread = runs.open_thread(
            run.pk,
            name=f"Thread {run.thread_count + 1}",
            details=part.details,
            observed_us=part.observed_us,
            computed_us=part.computed_us,
        )
        if run.is_relayed:
            hand_on_later(run.queue, "create_thread", body, thread_id=thread.pk)
    return JsonResponse({"id": thread.pk}, status=201)


@_route
def append_to_thread(token: ApiToken, pk: int, request: HttpRequest) -> HttpResponse:
    run, body = _run_of_thread(token, pk), json_of(request)
    mapped = mapped_words(run.status_map)
    part = bodies.thread_part(body, run.source, mapped)
    with run.handed_on("append_thread", body, thread_id=pk):
        runs.append_results(
            run.pk,
            part.results,
            thread_id=pk,
            details=part.details,
            observed_us=part.observed_us,
            computed_us=part.computed_us,
        )
    return _done()


@_route
def complete_thread(token: ApiToken, pk: int, request: HttpRequest) -> HttpResponse:
    run, body = _run_of_thread(token, pk), json_of(request)
    part = bodies.thread_part(body, run.source)
    with run.handed_on("complete_thread", body, thread_id=pk):
        runs.close_thread(
            pk,
            details=part.details,
            observed_us=part.observed_us,
            computed_us=part.computed_us,
        )
    return _done()


@csrf_exempt
def unknown_path(request: HttpRequest) -> HttpResponse:
    return _problem(404, "There is no such address in Testmo's automation API here.")


class _Known(NamedTuple):
    """What of a run its bodies are read by: whole rows of it, of its project and of its
    connection would take longer to fetch than most bodies to read.
    """

    pk: int
    project_id: int
    source: str
    thread_count: int
    status_map: dict[str, str]
    is_relayed: bool

    @property
    def queue(self) -> Queue:
        return Queue(self.project_id, self.pk)

    def handed_on(
        self, act: str, body: Any, *, thread_id: int | None = None
    ) -> AbstractContextManager[None]:
        return handed_on(self.queue, act, body, self.is_relayed, thread_id=thread_id)


_KNOWN = """
SELECT r.id, r.project_id, coalesce(s.name, ''), r.thread_count, c.status_map,
       p.is_relayed
  FROM ingest_run r
  JOIN ingest_pushedrun p ON p.run_id = r.id AND p.format = %s
  JOIN ingest_project o ON o.id = r.project_id AND o.removed_at IS NULL
  JOIN ingest_connection c ON c.id = o.connection_id
  LEFT JOIN ingest_source s ON s.id = r.source_id
"""


def _run(token: ApiToken, pk: int) -> _Known:
    found = _known(f"{_KNOWN} WHERE r.id = %s", pk)
    return _seen(token, found, f"There is no automation run {pk}.")


def _run_of_thread(token: ApiToken, pk: int) -> _Known:
    joined = f"{_KNOWN} JOIN ingest_thread t ON t.run_id = r.id WHERE t.id = %s"
    return _seen(token, _known(joined, pk), f"There is no automation run thread {pk}.")


def _known(statement: str, pk: int) -> _Known | None:
    with connection.cursor() as cursor:
        cursor.execute(statement, [FORMAT, pk])
        row = cursor.fetchone()
    if row is None:
        return None
    run, project, source, threads, status_map, is_relayed = row
    status_map = json.loads(status_map)
    return _Known(run, project, source, threads, status_map, is_relayed)


def _seen(token: ApiToken, run: _Known | None, sentence: str) -> _Known:
    if run is None or not token.may_push_to(run.project_id):
        raise UnknownRunError(sentence)
    return run


def _done() -> HttpResponse:
    answer = HttpResponse(status=204)
    del answer.headers["Content-Type"]
    return answer


def _problem(
    status: int,
    sentence: str,
    errors: Mapping[str, Sequence[str]] | None = None,
    headers: Mapping[str, str] | None = None,
) -> JsonResponse:
    body: dict[str, Any] = {"message": sentence}
    if errors:
        body["errors"] = errors
    return JsonResponse(body, status=status, headers=headers)


_RUNS = "api/v1/automation/runs/"
urlpatterns = [
    path("api/v1/projects/<int:pk>/automation/runs", create_run),
    path(f"{_RUNS}<int:pk>/append", append_to_run),
    path(f"{_RUNS}<int:pk>/complete", complete_run),
    path(f"{_RUNS}<int:pk>/threads", create_thread),
    path(f"{_RUNS}threads/<int:pk>/append", append_to_thread),
    path(f"{_RUNS}threads/<int:pk>/complete", complete_thread),
    re_path("", unknown_path),
]
