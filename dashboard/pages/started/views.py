"""Runs started from a project's page and run again from a run's, and what becomes of them."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from dashboard.access import for_the_signed_in, writable
from dashboard.annotations.started_runs import rerun as rerun_run
from dashboard.annotations.started_runs import start as start_run
from dashboard.lists.or_404 import project_or_404, run_or_404, started_run_or_404
from dashboard.pages.started.form import values_of
from dashboard.pages.started.page import StartPage, start_page, started_page
from dashboard.ui.answering import answer, with_statement_timeout
from dashboard.ui.clock import Clock
from ingest.connections import starter_of
from ingest.models import Project, StartedRun
from ingest.started_runs.asking import KeyReusedError
from ingest.starting import FieldsError, Only, RefusedError, Starter

LONGEST_KEY = 200
REUSED = (
    "This form was sent before with other values. Look them over and send it again."
)


# No statement of the database takes long here, but the tool may: other than acts on
# people's words it must not be one transaction, because what was asked stays asked.
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@writable
def start(request: HttpRequest, project_id: int) -> HttpResponse:
    """The form; what its address says already stands in it."""
    project = project_or_404(project_id)
    starter = starter_of(project.connection.vendor)
    if starter is None:
        raise Http404("This project has no tool that could be asked.")
    if request.method != "POST":
        return _form(request, start_page(project, starter, request.GET.dict()))
    return _started(request, project, starter)


def _started(
    request: HttpRequest, project: Project, starter: type[Starter]
) -> HttpResponse:
    typed, key = request.POST.dict(), _key(request)
    by = request.user.get_username()
    try:
        values = values_of(starter.start_fields, typed)
        row = start_run(project, values, by=by, key=key)
    except FieldsError as error:
        page = start_page(project, starter, typed, errors=error.errors)
        return _form(request, page, status=400)
    except KeyReusedError:
        page = start_page(project, starter, typed, problem=REUSED)
        return _form(request, page, status=409)
    except RefusedError as error:
        page = start_page(project, starter, typed, problem=error.sentence)
        return _form(request, page, status=error.status)
    if row.refused_with:
        page = start_page(project, starter, typed, problem=row.sentence)
        return _form(request, page, status=row.refused_with)
    return redirect("started", row.pk)


def _form(request: HttpRequest, page: StartPage, status: int = 200) -> HttpResponse:
    current = f"project-{page.project.pk}"
    template = "started/start.html"
    return answer(
        request, template, page, current=current, clock=Clock(), status=status
    )


@require_POST
@writable
def rerun(request: HttpRequest, run_id: int) -> HttpResponse:
    """Run a run again, or what failed in it; back to it where the tool refuses."""
    run, only = run_or_404(run_id), request.POST.get("only", "")
    if only not in ("failed", "all"):
        messages.error(request, "Choose what to run again.")
        return redirect("run", run_id)
    by = request.user.get_username()
    try:
        row = rerun_run(run, cast(Only, only), by=by, key=_key(request))
    except KeyReusedError:
        messages.error(request, REUSED)
    except RefusedError as error:
        messages.error(request, error.sentence)
    else:
        if not row.refused_with:
            return redirect("started", row.pk)
        messages.error(request, row.sentence)
    return redirect("run", run_id)


def _key(request: HttpRequest) -> str | None:
    """Of the form that was sent; what no form of ours holds is none."""
    key = request.POST.get("key", "")
    return key if 0 < len(key) <= LONGEST_KEY and "\0" not in key else None


@require_safe
@for_the_signed_in
@with_statement_timeout
def started(request: HttpRequest, started_id: int) -> HttpResponse:
    """What became of one, until its run is stored and has ended."""
    row: StartedRun = started_run_or_404(started_id)
    clock = Clock()
    return answer(
        request,
        "started/started.html",
        started_page(row, clock),
        current=f"project-{row.project_id}",
        clock=clock,
    )
