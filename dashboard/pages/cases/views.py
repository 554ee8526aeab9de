"""The page of one test, and what people say there: each act is a POST and a way back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_safe

from dashboard.access import may_write, readable
from dashboard.annotations import notes, same_tests
from dashboard.annotations.audit_log import (
    ABOUT_CASE,
    ChangedMeanwhile,
    based_on,
    with_acts,
    with_newest,
)
from dashboard.annotations.forms import mute_form, note_form
from dashboard.annotations.notes_and_mutes import WITH_REMARKS
from dashboard.ids import id_of
from dashboard.models import Act, ActKind
from dashboard.pages.cases.case_list import cases_page, cases_state
from dashboard.pages.cases.page import case_page
from dashboard.pages.cases.page_data import case_state, load_page_data
from dashboard.pages.cases.people import Person, back_with
from dashboard.ui import links
from dashboard.ui.answering import answer, with_statement_timeout
from dashboard.ui.clock import Clock
from dashboard.ui.history import changed_since
from dashboard.ui.list_layout import list_layout
from dashboard.ui.write_action import write_action
from ingest.models import Case

MakeForm = Callable[[QueryDict], Any]
NO_TEST = "Give the address or the number of a test, as in /cases/123/."


@require_safe
@readable
@with_statement_timeout
def case(request: HttpRequest, case_id: int) -> HttpResponse:
    row = _case(case_id)
    others = [value for value in request.GET.getlist("project") if value]
    if others and others != [str(row.project_id)]:
        # The chip chose another project, which has tests of its own.
        query = urlencode([("project", value) for value in others])
        return redirect(f"/cases/?{query}")
    return _page(request, row, request.GET)


@write_action
@with_statement_timeout
def note(request: HttpRequest, case_id: int) -> HttpResponse:
    """Keep owner, issue and note; what is wrong with them is told beside them."""
    row = _case(case_id)
    form = note_form(request.POST)
    if not form.is_valid():
        return _page(request, row, QueryDict(), note=form)
    try:
        kept = notes.write_note(row, **form.cleaned_data, by=_by(request))
    except ChangedMeanwhile as changed:
        form = _again(request, note_form, changed.act, "note")
        return _page(request, _case(case_id), QueryDict(), status=409, note=form)
    messages.success(request, "The note is kept." if kept else "The note is gone.")
    return redirect(links.case(row.pk))


@write_action
@with_statement_timeout
def mute(request: HttpRequest, case_id: int) -> HttpResponse:
    row = _case(case_id)
    form = mute_form(request.POST)
    if not form.is_valid():
        return _page(request, row, QueryDict(), mute=form)
    try:
        notes.mute(row, **form.cleaned_data, by=_by(request))
    except ChangedMeanwhile as changed:
        form = _again(request, mute_form, changed.act, "mute")
        return _page(request, _case(case_id), QueryDict(), status=409, mute=form)
    messages.success(request, "The test is shown as muted. No number changes by it.")
    return redirect(links.case(row.pk))


@write_action
@with_statement_timeout
def unmute(request: HttpRequest, case_id: int) -> HttpResponse:
    row = get_object_or_404(Case, pk=case_id)
    seen = based_on(request.POST.get("seen", ""))
    try:
        notes.unmute(row, by=_by(request), seen=seen)
    except ChangedMeanwhile as changed:
        said = changed_since(changed.act, _by(request), "mute", Clock())
        row = _case(case_id)
        return _page(request, row, QueryDict(), status=409, unmute=said)
    messages.success(request, "The test is muted no more.")
    return _back(request, row)


@write_action
def link(request: HttpRequest, case_id: int) -> HttpResponse:
    """The test that the form names is the same as this one."""
    row = get_object_or_404(Case, pk=case_id)
    other = _other(request)
    if other is None:
        messages.error(request, NO_TEST)
        return _back(request, row)
    try:
        same_tests.link(row, other, by=_by(request))
    except same_tests.CannotLink as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"Linked to {_name(other)}.")
    return _back(request, row)


@write_action
def unlink(request: HttpRequest, case_id: int) -> HttpResponse:
    row = get_object_or_404(Case, pk=case_id)
    other = _other(request)
    if other is not None:
        same_tests.unlink(other, row, by=_by(request))
        messages.success(request, f"{_name(other)} is linked no more.")
    return _back(request, row)


@write_action
def apart(request: HttpRequest, case_id: int) -> HttpResponse:
    """They are different tests and are not offered to each other again."""
    row = get_object_or_404(Case, pk=case_id)
    other = _other(request)
    if other is not None:
        same_tests.tell_apart(row, other, by=_by(request))
        messages.success(request, f"{_name(other)} is another test.")
    return _back(request, row)


@write_action
def again(request: HttpRequest, case_id: int) -> HttpResponse:
    row = get_object_or_404(Case, pk=case_id)
    other = _other(request)
    if other is not None:
        same_tests.ask_again(row, other, by=_by(request))
        messages.success(request, f"{_name(other)} may be offered again.")
    return _back(request, row)


def _again(request: HttpRequest, form: MakeForm, act: Act, what: str) -> Any:
    """The form as it was sent, which replaces `act` when it is sent again."""
    data = request.POST.copy()
    data["seen"] = str(act.pk)
    bound = form(data)
    bound.add_error(None, changed_since(act, _by(request), what, Clock()))
    return bound


def _page(
    request: HttpRequest,
    row: Case,
    query: QueryDict,
    *,
    status: int = 200,
    **problems: Any,
) -> HttpResponse:
    """The page; `problems` are forms that came back, and why a mute did not end."""
    own = links.case(row.pk)
    state = case_state(own, query, row)
    frame = list_layout(state, source=row.project.connection)
    person = Person(may_write=may_write(request), path=state.href, **problems)
    response = answer(
        request,
        "cases/case.html",
        case_page(load_page_data(frame, row), person),
        state=state,
        bar=frame.bar,
        current=f"project-{row.project_id}",
    )
    response.status_code = status
    return response


def _case(case_id: int) -> Case:
    """The case with all that a page says of it."""
    cases = Case.objects.select_related(*WITH_REMARKS, "project__connection")
    beside = with_acts(ABOUT_CASE) | with_newest((ActKind.NOTE, ActKind.MUTE))
    return get_object_or_404(cases.annotate(**beside), pk=case_id)


def _by(request: HttpRequest) -> str:
    return request.user.get_username()


def _other(request: HttpRequest) -> Case | None:
    """The test that the form names by its number or by its address here."""
    text = request.POST.get("case", "").strip().partition("?")[0].rstrip("/")
    number = id_of(text.rpartition("/")[2])
    return None if number is None else Case.objects.filter(pk=number).first()


def _name(case: Case) -> str:
    return case.name if len(case.name) <= 80 else f"{case.name[:79]}…"


def _back(request: HttpRequest, row: Case) -> HttpResponse:
    return redirect(back_with(request.POST.get("back", ""), row.pk))


@require_safe
@readable
@with_statement_timeout
def cases(request: HttpRequest) -> HttpResponse:
    layout = list_layout(cases_state(request.path, request.GET))
    return answer(
        request,
        "cases/cases.html",
        cases_page(layout),
        state=layout.state,
        bar=layout.bar,
        current="cases",
    )
