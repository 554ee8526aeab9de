"""The page of one test, and what people say there: each act is a POST and a way back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_safe

from dashboard.access import may_write, readable
from dashboard.addresses import address, with_query
from dashboard.annotations import notes, same_tests
from dashboard.annotations.audit_log import ChangedMeanwhile, based_on
from dashboard.annotations.forms import mute_form, note_form
from dashboard.pages.cases.case_list import cases_page, cases_state
from dashboard.pages.cases.page import case_page
from dashboard.pages.cases.page_data import case_state, load_page_data
from dashboard.pages.cases.people import Person, back_with
from dashboard.ui import links
from dashboard.ui.answering import answer, with_statement_timeout
from dashboard.ui.clock import Clock
from dashboard.ui.history import changed_since
from dashboard.ui.lengths import cut
from dashboard.ui.list_layout import list_layout
from dashboard.ui.list_view import list_view
from dashboard.ui.write_action import write_action
from ingest.models import Case

NO_TEST = "Give the address or the number of a test, as in {}."
# Letters of a name in a message.
LONGEST_MESSAGE = 80


@require_safe
@readable
@with_statement_timeout
def case(request: HttpRequest, case_id: int) -> HttpResponse:
    row = _case(case_id)
    others = [value for value in request.GET.getlist("project") if value]
    if others and others != [str(row.project_id)]:
        # The chip chose another project, which has tests of its own.
        pairs = [("project", value) for value in others]
        return redirect(with_query(address("cases"), pairs))
    return _page(request, row, request.GET)


@write_action
@with_statement_timeout
def note(request: HttpRequest, case_id: int) -> HttpResponse:
    """Keep owner, issue and note; what is wrong with them is told beside them."""

    def write(row: Case, said: dict[str, Any]) -> str:
        is_kept = notes.write_note(row, **said, by=_by(request))
        return "The note is kept." if is_kept else "The note is gone."

    return _written(request, case_id, "note", note_form, write)


@write_action
@with_statement_timeout
def mute(request: HttpRequest, case_id: int) -> HttpResponse:
    def write(row: Case, said: dict[str, Any]) -> str:
        notes.mute(row, **said, by=_by(request))
        return "The test is shown as muted. No number changes by it."

    return _written(request, case_id, "mute", mute_form, write)


def _written(
    request: HttpRequest,
    case_id: int,
    what: str,
    make_form: Callable[[QueryDict], Any],
    write: Callable[[Case, dict[str, Any]], str],
) -> HttpResponse:
    """`write` keeps what the form says and tells so; a form with problems comes back."""
    row, form = _case(case_id), make_form(request.POST)
    if not form.is_valid():
        return _page(request, row, QueryDict(), **{what: form})
    try:
        messages.success(request, write(row, form.cleaned_data))
    except ChangedMeanwhile as changed:
        # As it was sent; sent again, it replaces what came between.
        sent = request.POST.copy()
        sent["seen"] = str(changed.act.pk)
        form = make_form(sent)
        form.add_error(None, changed_since(changed.act, _by(request), what, Clock()))
        return _page(request, _case(case_id), QueryDict(), status=409, **{what: form})
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


def _same_test_view(
    act: Callable[..., None], done: str, problem: str = ""
) -> Callable[..., HttpResponseBase]:
    """Do `act` to the test and the one that the form names, which `done` has the place
    for; `problem` is told where it names none, with an address as it should be.
    """

    @write_action
    def view(request: HttpRequest, case_id: int) -> HttpResponse:
        row = get_object_or_404(Case, pk=case_id)
        other = same_tests.case_named(request.POST.get("case", ""))
        if other is None:
            if problem:
                messages.error(request, problem.format(address("case", 123)))
            return _back(request, row)
        try:
            act(row, other, by=_by(request))
        except same_tests.CannotLink as error:
            messages.error(request, str(error))
        else:
            messages.success(request, done.format(cut(other.name, LONGEST_MESSAGE)))
        return _back(request, row)

    return view


link = _same_test_view(same_tests.link, "Linked to {}.", NO_TEST)
unlink = _same_test_view(
    lambda row, other, by: same_tests.unlink(other, row, by=by), "{} is linked no more."
)
# They are different tests and are not offered to each other again.
apart = _same_test_view(same_tests.tell_apart, "{} is another test.")
again = _same_test_view(same_tests.ask_again, "{} may be offered again.")


def _page(
    request: HttpRequest,
    row: Case,
    query: QueryDict,
    *,
    status: int = 200,
    **problems: Any,
) -> HttpResponse:
    """The page; `problems` are forms that came back, and why a mute did not end."""
    state = case_state(links.case(row.pk), query, row)
    layout = list_layout(state, source=row.project.connection)
    person = Person(may_write=may_write(request), **problems)
    response = answer(
        request,
        "cases/case.html",
        case_page(load_page_data(layout, row), person),
        state=state,
        bar=layout.bar,
        current=f"project-{row.project_id}",
    )
    response.status_code = status
    return response


def _case(case_id: int) -> Case:
    """The case with all that a page says of it."""
    return get_object_or_404(notes.cases_with_remarks(), pk=case_id)


def _by(request: HttpRequest) -> str:
    return request.user.get_username()


def _back(request: HttpRequest, row: Case) -> HttpResponse:
    return redirect(back_with(request.POST.get("back", ""), row.pk))


cases = list_view("cases/cases.html", "cases", cases_state, cases_page)
