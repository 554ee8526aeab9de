"""Runs started from a project's page and run again from a run's, and what becomes of them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeAlias, cast

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
from dashboard.annotations.started_runs import create_case
from dashboard.annotations.started_runs import rerun as rerun_run
from dashboard.annotations.started_runs import start as start_run
from dashboard.lists.or_404 import project_or_404, run_or_404, started_run_or_404
from dashboard.pages.started.form import values_of
from dashboard.pages.started.page import (
    RUN,
    TEST,
    Asking,
    StartPage,
    fields_of,
    start_page,
    started_page,
)
from dashboard.ui.answering import answer, with_statement_timeout
from dashboard.ui.clock import Clock
from ingest.connections import starter_of
from ingest.contract import VendorError
from ingest.models import Project, StartedRun
from ingest.started_runs.asking import KeyReusedError
from ingest.started_runs.changing import outbound_ips
from ingest.starting import FieldsError, Only, RefusedError, StartField

Act: TypeAlias = Callable[..., StartedRun]
LONGEST_KEY = 200
REUSED = (
    "This form was sent before with other values. Look them over and send it again."
)


# These must not be one transaction, as acts on people's words are: what a tool was asked
# stays asked.
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@writable
def start(request: HttpRequest, project_id: int) -> HttpResponse:
    """The form of a run; what its address says already stands in it."""
    return _asked(request, project_id, RUN, start_run)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@writable
def new_test(request: HttpRequest, project_id: int) -> HttpResponse:
    """The form of a test that is made at the tool, likewise."""
    return _asked(request, project_id, TEST, create_case)


def _asked(
    request: HttpRequest, project_id: int, asking: Asking, act: Act
) -> HttpResponse:
    project = project_or_404(project_id)
    starter = starter_of(project.connection.vendor)
    if starter is None or not fields_of(starter, asking):
        raise Http404("This project has no tool that could be asked for it.")
    form = partial(start_page, project, starter, asking)
    if request.method == "POST":
        return _sent(request, project, fields_of(starter, asking), act, form)
    typed, addresses, problem = request.GET.dict(), None, ""
    if starter.tells_addresses and "addresses" in typed:
        try:
            addresses = outbound_ips(project.connection)
        except VendorError as error:
            problem = error.sentence
    return _form(request, form(typed, addresses=addresses, problem=problem))


def _sent(
    request: HttpRequest,
    project: Project,
    fields: tuple[StartField, ...],
    act: Act,
    form: Callable[..., StartPage],
) -> HttpResponse:
    typed, by = request.POST.dict(), request.user.get_username()
    try:
        row = act(project, values_of(fields, typed), by=by, key=_key(request))
    except FieldsError as error:
        return _form(request, form(typed, errors=error.errors), status=400)
    except KeyReusedError:
        return _form(request, form(typed, problem=REUSED), status=409)
    except RefusedError as error:
        page = form(typed, problem=error.sentence)
        return _form(request, page, status=error.status)
    if row.refused_with:
        page = form(typed, problem=row.sentence)
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
