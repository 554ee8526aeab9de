"""The page of one test, and what people say there: each act is a POST and a way back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from dashboard.access import may_write, readable
from dashboard.addresses import address, with_query
from dashboard.annotations import notes, same_tests
from dashboard.annotations.audit_log import ChangedMeanwhile, based_on
from dashboard.annotations.forms import mute_form, note_form
from dashboard.filters.scope import ALL as ALL_PROJECTS
from dashboard.lists.or_404 import case_or_404, case_with_remarks_or_404
from dashboard.pages.cases.case_list import cases_page, cases_state
from dashboard.pages.cases.page import Person, case_page
from dashboard.pages.cases.page_data import case_state, load_page_data
from dashboard.ui.answering import answer, with_statement_timeout
from dashboard.ui.clock import Clock
from dashboard.ui.history import changed_since
from dashboard.ui.kept_pages import kept_page
from dashboard.ui.lengths import cut
from dashboard.ui.list_layout import list_layout
from dashboard.ui.list_view import list_view
from dashboard.ui.page_states import reads_state
from dashboard.ui.url_state import PageState
from dashboard.ui.write_action import write_action
from ingest.models import Case

NO_TEST = "Give the address or the number of a test, as in {}."
# Letters of a name in a message.
LONGEST_MESSAGE = 80

View = Callable[..., HttpResponseBase]
cases = list_view("cases/cases.html", "cases", cases_state, cases_page)


def _state_of(path: str, query: QueryDict, case_id: int) -> PageState:
    return case_state(path, query, case_or_404(case_id))


@reads_state(_state_of)
@require_safe
@readable
@with_statement_timeout
@kept_page
def case(request: HttpRequest, case_id: int) -> HttpResponse:
    row = case_with_remarks_or_404(case_id)
    others = [v for v in request.GET.getlist("project") if v not in ("", ALL_PROJECTS)]
    if others and others != [str(row.project_id)]:
        # The chip chose another project, which has tests of its own.
        pairs = [("project", value) for value in others]
        return redirect(with_query(address("cases"), pairs))
    return _page(request, row, request.GET)


def _form_view(
    what: str, make_form: Callable[[QueryDict], Any], write: Callable[..., str]
) -> View:
    """`write` keeps what the form says and tells so; a form with problems comes back."""

    @write_action
    @with_statement_timeout
    def view(request: HttpRequest, case_id: int) -> HttpResponse:
        row, form = case_with_remarks_or_404(case_id), make_form(request.POST)
        if not form.is_valid():
            return _page(request, row, _asked(request, row), **{what: form})
        try:
            messages.success(request, write(row, by=_by(request), **form.cleaned_data))
        except ChangedMeanwhile as changed:
            # As it was sent; sent again, it replaces what came between.
            sent = request.POST.copy()
            sent["expected_version"] = str(changed.act.pk)
            form = make_form(sent)
            problem = changed_since(changed.act, _by(request), what, Clock())
            form.add_error(None, problem)
            row = case_with_remarks_or_404(case_id)
            return _page(request, row, _asked(request, row), status=409, **{what: form})
        return _back(request, row)

    return view


def _write_note(row: Case, **fields: Any) -> str:
    is_kept = notes.write_note(row, **fields)
    return "The note is kept." if is_kept else "The note is gone."


def _mute(row: Case, **fields: Any) -> str:
    notes.mute(row, **fields)
    return "The test is shown as muted. No number changes by it."


note = _form_view("note", note_form, _write_note)
mute = _form_view("mute", mute_form, _mute)


@write_action
@with_statement_timeout
def unmute(request: HttpRequest, case_id: int) -> HttpResponse:
    row, by = case_or_404(case_id), _by(request)
    expected_version = based_on(request.POST.get("expected_version", ""))
    try:
        notes.unmute(row, by=by, expected_version=expected_version)
    except ChangedMeanwhile as changed:
        problem = changed_since(changed.act, by, "mute", Clock())
        row = case_with_remarks_or_404(case_id)
        return _page(request, row, _asked(request, row), status=409, unmute=problem)
    messages.success(request, "The test is muted no more.")
    return _back(request, row)


def _same_test_view(act: Callable[..., None], done: str, problem: str = "") -> View:
    """Do `act` to the test and the one that the form names, which `done` has the place
    for; `problem` is told where it names none, with an address as it should be.
    """

    @write_action
    def view(request: HttpRequest, case_id: int) -> HttpResponse:
        row = case_or_404(case_id)
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
    query: QueryDict | None = None,
    *,
    status: int = 200,
    **problems: Any,
) -> HttpResponse:
    """The page; `problems` are forms that came back, and why a mute did not end."""
    state = case_state(address("case", row.pk), query or QueryDict(), row)
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


def _by(request: HttpRequest) -> str:
    return request.user.get_username()


def _back(request: HttpRequest, row: Case) -> HttpResponse:
    """To the page as it was when the form was sent, which tells its own address."""
    query = _asked(request, row).urlencode()
    return redirect(address("case", row.pk) + (f"?{query}" if query else ""))


def _asked(request: HttpRequest, row: Case) -> QueryDict:
    """What the page was asked for that the form was sent from."""
    own, _, query = request.POST.get("back", "").partition("?")
    return QueryDict(query if own == address("case", row.pk) else "")
