"""One's own settings, and saved views: kept, opened, renamed, moved, deleted."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from dashboard.access import for_the_signed_in
from dashboard.addresses import address, is_ours
from dashboard.annotations.saved_views import (
    CannotSave,
    NameTaken,
    Owner,
    choose_scope,
    delete_view,
    move_view,
    rename_view,
    save_view,
)
from dashboard.ids import id_of
from dashboard.lists.saved_views import (
    teams_to_save_for,
    view_or_404,
    view_to_change_or_404,
)
from dashboard.pages.mine.page import GonePage, SavePage, mine_page
from dashboard.readers import reader
from dashboard.ui.answering import answer, with_statement_timeout
from dashboard.ui.lengths import LONGEST_ADDRESS, cut
from dashboard.ui.page_states import FilteredPage, below_root, filtered_page
from dashboard.ui.saved_views import (
    ME,
    TEAM,
    owner_options,
    query_to_save,
    view_link,
    view_target,
)
from dashboard.ui.write_action import personal_action

NO_PAGE = "Only pages with filters can be saved, and this is none that is here."
# Letters of a name in a message.
LONGEST_MESSAGE = 80


@require_safe
@for_the_signed_in
@with_statement_timeout
def mine(request: HttpRequest) -> HttpResponse:
    return answer(request, "mine/mine.html", mine_page(), current="mine")


@personal_action
@with_statement_timeout
def scope(request: HttpRequest) -> HttpResponse:
    """The projects that this person's pages start with."""
    way = request.POST.get("way", "")
    ids = [id_of(text) for text in request.POST.getlist("project")]
    chosen = [id_ for id_ in ids if id_ is not None] if way == "chosen" else []
    try:
        if way == "chosen" and not chosen:
            raise CannotSave("Choose a project, or start with all of them.")
        choose_scope(_user(), is_of_teams=way == "teams", projects=chosen)
    except CannotSave as problem:
        page = mine_page(str(problem))
        return answer(request, "mine/mine.html", page, current="mine")
    starts = {"teams": "your teams' projects", "chosen": "the projects that you chose"}
    messages.success(request, f"Pages start with {starts.get(way, 'all projects')}.")
    return redirect("mine")


@personal_action
@with_statement_timeout
def save(request: HttpRequest) -> HttpResponse:
    """Keep the page that the form names, and back to it."""
    sent, name = request.POST.get("address", ""), request.POST.get("name", "")
    owner_text = request.POST.get("owner", ME)
    page = _page_at(sent)
    problem, is_taken = "", False
    try:
        if page is None:
            raise CannotSave(NO_PAGE)
        view = save_view(
            _owner(owner_text),
            name,
            path=page.path,
            query=query_to_save(page),
            replaces="replace" in request.POST,
        )
    except CannotSave as error:
        problem, is_taken = str(error), isinstance(error, NameTaken)
    if problem or page is None:
        form = SavePage(
            name=name,
            problem=problem,
            address=page.state.href if page else "",
            owner=owner_text,
            owners=owner_options(),
            back_href=page.state.href if page else address("overview"),
            may_replace=is_taken,
        )
        status = 409 if is_taken else 200
        return answer(request, "mine/save.html", form, current="mine", status=status)
    messages.success(request, f"{cut(view.name, LONGEST_MESSAGE)} is saved.")
    return HttpResponseRedirect(page.state.with_filters())


@require_safe
@for_the_signed_in
@with_statement_timeout
def view(request: HttpRequest, view_id: int) -> HttpResponse:
    """To the page of a view; where that is gone, or hidden, it is said so."""
    row = view_or_404(view_id)
    if filtered_page(row.path, row.query) is not None:
        return HttpResponseRedirect(view_target(row))
    gone = GonePage(view=view_link(row), may_change=row.may_change)
    return answer(request, "mine/gone.html", gone, current="mine")


@personal_action
@with_statement_timeout
def rename(request: HttpRequest, view_id: int) -> HttpResponse:
    row = view_to_change_or_404(view_id)
    try:
        rename_view(row, request.POST.get("name", ""))
    except CannotSave as problem:
        messages.error(request, str(problem))
    else:
        messages.success(request, "The view is renamed.")
    return _back()


@personal_action
@with_statement_timeout
def move(request: HttpRequest, view_id: int) -> HttpResponse:
    row = view_to_change_or_404(view_id)
    move_view(row, is_up=request.POST.get("to") == "up")
    return _back()


@personal_action
@with_statement_timeout
def delete(request: HttpRequest, view_id: int) -> HttpResponse:
    row = view_to_change_or_404(view_id)
    delete_view(row)
    messages.success(request, f"{cut(row.name, LONGEST_MESSAGE)} is deleted.")
    return _back()


def _back() -> HttpResponse:
    return HttpResponseRedirect(f"{address('mine')}#views")


def _user() -> int:
    user = reader().user_id
    if user is None:
        raise Http404
    return user


def _owner(text: str) -> Owner:
    """Whose view it becomes; a team must be one that the reader may save for."""
    if text == ME:
        return Owner(kind="user", id=_user())
    team = id_of(text.removeprefix(TEAM))
    if team is None or team not in [one.id for one in teams_to_save_for()]:
        raise CannotSave("You cannot save views for this team. Choose another owner.")
    return Owner(kind="team", id=team)


def _page_at(sent: str) -> FilteredPage | None:
    """The page of an address of this site, whatever somebody made of the form."""
    if not sent.startswith("/") or len(sent) > LONGEST_ADDRESS or not is_ours(sent):
        return None
    parts = urlsplit(sent)
    return filtered_page(below_root(parts.path), parts.query)
