"""The list of milestones, the page of one, and what a person makes one."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from dashboard.access import may_write, readable
from dashboard.annotations.milestones import CannotPlace, join, split
from dashboard.ids import id_of
from dashboard.lists.names import milestone_names
from dashboard.lists.or_404 import milestone_or_404
from dashboard.pages.milestones.milestone_list import milestones_page, milestones_state
from dashboard.pages.milestones.page import milestone_page, milestone_state
from dashboard.ui import links
from dashboard.ui.answering import answer, with_statement_timeout
from dashboard.ui.kept_pages import kept_page
from dashboard.ui.list_layout import list_layout
from dashboard.ui.list_view import list_view
from dashboard.ui.page_states import reads_state
from dashboard.ui.url_state import PageState
from dashboard.ui.write_action import write_action

milestones = list_view(
    "milestones/milestones.html", "milestones", milestones_state, milestones_page
)


def _state_of(path: str, query: QueryDict, milestone_id: int) -> PageState:
    return milestone_state(path, query, milestone_or_404(milestone_id).pk)


@reads_state(_state_of)
@require_safe
@readable
@with_statement_timeout
@kept_page
def milestone(request: HttpRequest, milestone_id: int) -> HttpResponse:
    row = milestone_or_404(milestone_id)
    layout = list_layout(milestone_state(request.path, request.GET, milestone_id))
    page = milestone_page(layout, row, may_write=may_write(request))
    return answer(
        request,
        "milestones/milestone.html",
        page,
        state=layout.state,
        bar=layout.bar,
        current="milestones",
    )


@write_action
def join_other(request: HttpRequest, milestone_id: int) -> HttpResponse:
    """Make the milestone that the form names a part of this one."""
    row = milestone_or_404(milestone_id)
    other = _number(request, "other")
    name = milestone_names([other]).get(other)
    try:
        join(other, row.pk, by=request.user.get_username())
    except CannotPlace as problem:
        messages.error(request, str(problem))
    else:
        messages.success(request, f"{name} is part of {row.name} now.")
    return redirect(links.milestone(row.pk))


@write_action
def split_off(request: HttpRequest, milestone_id: int) -> HttpResponse:
    """Make the part that the form names a milestone of its own."""
    row = milestone_or_404(milestone_id)
    try:
        new = split(row.pk, _number(request, "member"), by=request.user.get_username())
    except CannotPlace as problem:
        messages.error(request, str(problem))
        return redirect(links.milestone(row.pk))
    messages.success(request, f"{new.name} is a milestone of its own now.")
    return redirect(links.milestone(new.pk))


def _number(request: HttpRequest, name: str) -> int:
    """An id of a form that our own page made; anything else names nothing."""
    number = id_of(request.POST.get(name, ""))
    if number is None:
        raise Http404
    return number
