"""Testably's upload of results from CI: its addresses, codes and words."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import re_path
from django.views.decorators.csrf import csrf_exempt

from dashboard.intake.access import RefusedError, bearer, project_of, token_of
from dashboard.intake.bodies import json_of
from dashboard.intake.handing_on import hand_on_later
from dashboard.intake.rate import TooOftenError, check_rate
from ingest.connections import is_relayed, mapped_words
from ingest.contract import PayloadError
from ingest.intake.errors import IntakeError, UnknownRunError
from ingest.intake.received import Named
from ingest.intake.testably import bodies, runs
from ingest.models import Project
from ingest.relay.outbox import Queue

# The vendor's plan that may upload; everybody of theirs has this one.
TIER = 7


@csrf_exempt
def upload(request: HttpRequest, *, is_documented: bool) -> HttpResponse:
    """One of the two addresses; `is_documented` is the one of the public pages, which
    counts in seconds and has other keys.
    """
    if request.method == "OPTIONS":
        return HttpResponse("ok", content_type="text/plain")
    if request.method != "POST":
        return _problem(405, "Method not allowed.", headers={"Allow": "POST, OPTIONS"})
    try:
        return _answer(request, is_documented)
    except TooOftenError as error:
        return _too_often(error)
    except RefusedError as error:
        return _problem(error.status, error.sentence)
    except UnknownRunError as error:
        return _problem(404, error.sentence)
    except runs.UnknownCasesError as error:
        return _problem(400, error.sentence, {"not_found": error.cases})
    except (IntakeError, PayloadError) as error:
        return _problem(400, error.sentence)


def _answer(request: HttpRequest, is_documented: bool) -> HttpResponse:
    began = time.monotonic()
    token = token_of(bearer(request))
    check_rate(token)
    project, body = project_of(token), json_of(request)
    head = bodies.head_of(body)
    name = runs.name_of(project, head)
    if head.is_dry_run:
        return JsonResponse(
            {
                "success": True,
                "dry_run": True,
                "message": "The token and the run are valid; nothing was stored.",
                "run_name": name,
                "tier": TIER,
                "latency_ms": round((time.monotonic() - began) * 1000),
            }
        )
    unit_ms = bodies.SECONDS if is_documented else bodies.MILLISECONDS
    found, faults = bodies.read(
        bodies.rows_of(body, unit_ms), mapped_words(project.connection.status_map)
    )
    if found:
        _store(project, head, found, "upload_rest" if is_documented else "upload", body)
    said = _partial(faults, is_documented) if faults else {"success": True}
    counts = _stats(found, is_documented)
    return JsonResponse(
        {
            **said,
            "partial_failure": bool(faults),
            "message": f"{len(found)} of {len(found) + len(faults)} results stored.",
            "stats": counts,
            "uploaded_count": len(found),
            "failed_count": len(faults),
        },
        status=207 if faults else 200,
    )


def _store(
    project: Project, head: bodies.Head, found: list[Named], act: str, body: Any
) -> None:
    """Store the results; `act` and `body` are noted with them where they are relayed."""
    if not is_relayed(project.connection, runs.FORMAT):
        runs.take(project, head, found)
        return
    with transaction.atomic():
        run = runs.take(project, head, found)
        hand_on_later(Queue(project.pk, run.pk), act, body)


def _partial(faults: Sequence[bodies.Fault], is_documented: bool) -> dict[str, Any]:
    """Clients read one or the other of the two lists."""
    return {
        "success": not is_documented,
        "failed_test_case_ids": [one.case for one in faults],
        "errors": [{"test_case_id": one.case, "error": one.error} for one in faults],
    }


def _stats(found: Sequence[Named], is_documented: bool) -> dict[str, int]:
    """Of this request alone, as the vendor counts."""
    words = Counter(one.record.raw_status for one in found)
    untested = words["untested"] + words["not_tested"]
    counts = {word: words[word] for word in ("passed", "failed", "blocked")}
    if is_documented:
        return counts | {"retest": words["retest"], "not_tested": untested}
    return counts | {"untested": untested}


def _too_often(error: TooOftenError) -> HttpResponse:
    wait = error.retry_after_s
    more = {"message": error.sentence, "retry_after_seconds": wait}
    headers = {"Retry-After": str(wait), "X-RateLimit-Remaining": "0"}
    return _problem(429, "Too Many Requests", more, headers)


def _problem(
    status: int,
    sentence: str,
    more: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> HttpResponse:
    body = {"error": sentence, **(more or {})}
    return JsonResponse(body, status=status, headers=headers)


urlpatterns = [
    re_path(r"^functions/v1/upload-ci-results/?$", upload, {"is_documented": False}),
    re_path(r"^v1/results/?$", upload, {"is_documented": True}),
]
