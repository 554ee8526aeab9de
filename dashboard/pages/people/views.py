"""People: who they are, what they may do, who is invited. For administrators."""

from __future__ import annotations

from collections.abc import Mapping

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_safe

from dashboard.access import for_admins
from dashboard.addresses import site_of
from dashboard.ids import id_of
from dashboard.lists.or_404 import invitation_or_404, person_or_404
from dashboard.pages.people.page import people_page, person_page, tokens_page
from dashboard.people.errors import CannotChange
from dashboard.people.invitations import invite
from dashboard.people.lost_rights import take_back
from dashboard.people.mail import mail_invitation
from dashboard.people.password_links import password_link
from dashboard.people.persons import PersonChange, change_person
from dashboard.people.teams import ids_of, teams_with
from dashboard.people.ways_in import remove_second_factor
from dashboard.readers import Role
from dashboard.ui.answering import answer
from dashboard.ui.clock import Clock
from dashboard.ui.sidebar import SidebarCounts
from dashboard.ui.write_action import admin_action

NO_ROLE = "Choose a role: viewer, editor or admin."
NOT_SENT = (
    "The mail server did not take the mail. Copy the link and hand it on yourself."
)


@never_cache
@require_safe
@for_admins
def people(request: HttpRequest) -> HttpResponse:
    return _people(request)


@sensitive_variables("link")
def _people(
    request: HttpRequest,
    *,
    link: str = "",
    problem: str = "",
    sent: Mapping[str, object] | None = None,
    status: int = 200,
) -> HttpResponse:
    page = people_page(link=link, problem=problem, sent=sent)
    return answer(
        request,
        "people/people.html",
        page,
        current="people",
        counts=SidebarCounts(),
        status=status,
    )


@never_cache
@admin_action
@sensitive_variables("link")
def invite_somebody(request: HttpRequest) -> HttpResponse:
    """By mail where that works; else the link is in the answer, this once."""
    email, by = request.POST.get("email", ""), request.user.get_username()
    try:
        row, path = invite(
            email=email,
            role=_role(request),
            teams=teams_with(ids_of(request.POST.getlist("team"))),
            days=id_of(request.POST.get("days", "")) or 0,
            by=by,
        )
    except CannotChange as error:
        sent = {
            "email": email,
            "role": request.POST.get("role", ""),
            "teams": request.POST.getlist("team"),
            "days": request.POST.get("days", ""),
        }
        return _people(request, problem=error.sentence, sent=sent, status=422)
    link = site_of(request) + path
    if not (settings.MAIL_IS_SENT and row.email):
        return _people(request, link=link)
    until = Clock().moment(row.expires_at)
    if mail_invitation(row.email, link, by=by, until=until):
        messages.success(request, f"The invitation is on its way to {row.email}.")
        return redirect("people")
    return _people(request, link=link, problem=NOT_SENT)


def _role(request: HttpRequest) -> Role:
    try:
        return Role(request.POST.get("role", ""))
    except ValueError:
        raise CannotChange(NO_ROLE) from None


@never_cache
@admin_action
def take_back_invitation(request: HttpRequest, invitation_id: int) -> HttpResponse:
    row = invitation_or_404(invitation_id)
    if take_back(row, by=request.user.get_username()):
        messages.success(request, "The invitation is taken back.")
    else:
        messages.warning(request, "That invitation was used or taken back already.")
    return redirect("people")


@never_cache
@require_safe
@for_admins
def person(request: HttpRequest, person_id: int) -> HttpResponse:
    return _person(request, person_id)


@sensitive_variables("link")
def _person(
    request: HttpRequest,
    person_id: int,
    *,
    link: str = "",
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    page = person_page(person_id, request.user.pk, link=link, problem=problem)
    if page is None:
        raise Http404
    return answer(
        request,
        "people/person.html",
        page,
        current="people",
        counts=SidebarCounts(),
        status=status,
    )


@never_cache
@admin_action
def change(request: HttpRequest, person_id: int) -> HttpResponse:
    user = person_or_404(person_id)
    try:
        changed = change_person(
            user.pk,
            _change(request),
            by=request.user.get_username(),
            expected_version=request.POST.get("expected_version"),
        )
    except CannotChange as error:
        return _person(request, person_id, problem=error.sentence, status=409)
    messages.success(request, f"{changed.username} is saved.")
    if changed.pk == request.user.pk and not changed.is_superuser:
        return redirect("account")
    return redirect("person", person_id)


def _change(request: HttpRequest) -> PersonChange:
    """Of the form, or of the button that switches somebody off or on."""
    if (active := request.POST.get("active")) is not None:
        return PersonChange(is_active=active == "1")
    return PersonChange(
        role=_role(request),
        teams=teams_with(ids_of(request.POST.getlist("team"))),
        email=request.POST.get("email"),
        full_name=request.POST.get("full_name"),
    )


@never_cache
@admin_action
@sensitive_variables("link")
def link(request: HttpRequest, person_id: int) -> HttpResponse:
    """A link to set a password with, in the answer, this once."""
    user = person_or_404(person_id)
    path = password_link(user, by=request.user.get_username())
    return _person(request, person_id, link=site_of(request) + path)


@never_cache
@admin_action
def code_off(request: HttpRequest, person_id: int) -> HttpResponse:
    """For somebody who lost their phone and their recovery codes."""
    user = person_or_404(person_id)
    remove_second_factor(user, by=request.user.get_username())
    messages.success(request, f"{user.username} signs in with the password alone now.")
    return redirect("person", person_id)


@never_cache
@require_safe
@for_admins
def tokens(request: HttpRequest) -> HttpResponse:
    return answer(
        request,
        "people/tokens.html",
        tokens_page(),
        current="people",
        counts=SidebarCounts(),
    )
