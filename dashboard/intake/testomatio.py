"""Testomat.io's reporter API and import of tests: its addresses, codes and words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any
from urllib.parse import unquote

from django.db import OperationalError, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import path, re_path
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from psycopg.errors import QueryCanceled

from dashboard.addresses import address
from dashboard.intake.access import RefusedError, project_of, token_of
from dashboard.intake.bodies import json_of
from dashboard.intake.handing_on import hand_on_later, handed_on
from dashboard.intake.rate import TooOftenError, check_rate
from dashboard.time_limits import statement_limit
from ingest.connections import is_relayed, mapped_words
from ingest.contract import PayloadError
from ingest.intake.errors import IntakeError, UnknownRunError
from ingest.intake.testomatio import chosen, declared, heads, results, runs
from ingest.intake.testomatio.known_tests import FORMAT
from ingest.models import Project, Run
from ingest.relay.outbox import Queue

Act = Callable[..., HttpResponse]
# Less than the reporter waits.
LONGEST_CHOICE_S = 10


def _route(**acts: Act) -> Callable[..., HttpResponse]:
    """A view of these methods, with every refusal in the vendor's shape."""

    @csrf_exempt
    def view(request: HttpRequest, **named: str) -> HttpResponse:
        act = acts.get(request.method or "")
        if act is None:
            allowed = ", ".join(sorted(acts))
            return _problem(405, f"This address takes {allowed}.", {"Allow": allowed})
        try:
            body = json_of(request)
            project = _project(request, body)
            return act(request, project, body, **named)
        except TooOftenError as error:
            wait = {"Retry-After": str(error.retry_after_s)}
            return _problem(429, error.sentence, wait)
        except RefusedError as error:
            return _problem(error.status, error.sentence)
        except UnknownRunError as error:
            return _problem(404, error.sentence)
        except (IntakeError, PayloadError) as error:
            return _problem(400, error.sentence)

    return view


def _project(request: HttpRequest, body: Any) -> Project:
    """The one project of the api_key, which stands in the body or, of an import, in the
    address.
    """
    told = body.get("api_key") if isinstance(body, dict) else None
    text = told or request.GET.get("api_key", "")
    if not isinstance(text, str) or not text.strip():
        raise RefusedError(401, "No api_key was sent; it is a token of Passline.")
    token = token_of(text.strip())
    check_rate(token)
    return project_of(token)


def _create(request: HttpRequest, project: Project, body: Any) -> HttpResponse:
    with transaction.atomic():
        run, is_new = runs.open_in(project, heads.head_of(body))
        if is_new and run.pushed.is_relayed:
            hand_on_later(Queue(project.pk, run.pk), "create_run", body)
    return _run_answer(request, run)


def _update(
    request: HttpRequest, project: Project, body: Any, uid: str
) -> HttpResponse:
    run, end = runs.run_of(project, uid), heads.end_of(body)
    with _handed_on(run, "update_run", body):
        if end is None:
            runs.reuse(run, heads.head_of(body))
        else:
            runs.end(run, end)
    return _run_answer(request, run)


def _take(request: HttpRequest, project: Project, body: Any, uid: str) -> HttpResponse:
    run = runs.run_of(project, uid)
    words = mapped_words(project.connection.status_map)
    told = results.results_of(body, uid, words)
    with _handed_on(run, "add_results", body):
        runs.take(run, told)
    return JsonResponse({})


def _load(request: HttpRequest, project: Project, body: Any) -> HttpResponse:
    told = declared.import_of(body)
    is_on = is_relayed(project.connection, FORMAT)
    with handed_on(Queue(project.pk, None), "import_tests", body, is_on):
        new = declared.store(project, told.tests)
    return JsonResponse(
        {"import_id": told.import_id, "tests": len(told.tests), "created": new}
    )


def _chosen(request: HttpRequest, project: Project, body: Any) -> HttpResponse:
    """The tests of a filter. The reporter encodes what it asks for twice, and of a
    refusal prints the words only where they are no JSON.
    """
    kind, wanted = request.GET.get("type", ""), unquote(request.GET.get("id", ""))
    try:
        with statement_limit(LONGEST_CHOICE_S):
            tests = chosen.tests_of(project, kind, wanted, timezone.now())
    except IntakeError as error:
        return _in_words(400, error.sentence)
    except OperationalError as error:
        if not isinstance(error.__cause__, QueryCanceled):
            raise
        return _in_words(500, f"It took more than {LONGEST_CHOICE_S} s: given up.")
    return JsonResponse({"tests": tests})


def _in_words(status: int, sentence: str) -> HttpResponse:
    return HttpResponse(sentence, status=status, content_type="text/plain")


def _handed_on(run: Run, act: str, body: Any) -> AbstractContextManager[None]:
    queue = Queue(run.project_id, run.pk)
    return handed_on(queue, act, body, run.pushed.is_relayed)


def _run_answer(request: HttpRequest, run: Run) -> HttpResponse:
    """No credentials for a store of files: Passline keeps none."""
    page = request.build_absolute_uri(address("run", run.pk))
    return JsonResponse(
        {
            "uid": run.pushed.client_id or run.external_id,
            "url": page,
            "public_url": None,
            "artifacts": {},
        }
    )


def _to_run(request: HttpRequest, pk: int) -> HttpResponse:
    """The reporter prints its own address with the path of the run's page behind it."""
    return HttpResponseRedirect(address("run", pk))


def _unknown(request: HttpRequest, rest: str = "") -> HttpResponse:
    return _problem(404, "There is no such address.")


def _problem(
    status: int, sentence: str, headers: Mapping[str, str] | None = None
) -> HttpResponse:
    return JsonResponse({"message": sentence}, status=status, headers=headers)


urlpatterns = [
    re_path(r"^api/reporter/?$", _route(POST=_create)),
    re_path(r"^api/reporter/(?P<uid>[^/]{1,100})/?$", _route(PUT=_update)),
    re_path(r"^api/reporter/(?P<uid>[^/]{1,100})/testrun/?$", _route(POST=_take)),
    re_path(r"^api/load/?$", _route(POST=_load)),
    re_path(r"^api/test_grep/?$", _route(GET=_chosen)),
    path("runs/<int:pk>/", _to_run),
    re_path(r"^api/(?P<rest>.*)$", csrf_exempt(_unknown)),
]
