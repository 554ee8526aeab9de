"""Teams made, changed and deleted by administrators."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from dashboard.access import for_admins
from dashboard.lists.or_404 import team_or_404
from dashboard.models import Team
from dashboard.pages.people.teams_page import team_page, teams_page
from dashboard.people.errors import CannotChange
from dashboard.people.teams import (
    TeamChange,
    change_team,
    create_team,
    delete_team,
    ids_of,
    people_with,
    projects_with,
)
from dashboard.people.versions import StaleForm
from dashboard.ui.answering import answer
from dashboard.ui.sidebar import SidebarCounts
from dashboard.ui.write_action import admin_action


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@for_admins
def teams(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return _teams(request)
    name = request.POST.get("name", "")
    try:
        made = create_team(name, by=request.user.get_username())
    except CannotChange as error:
        return _teams(request, problem=error.sentence, name=name, status=422)
    messages.success(request, f"Team {made.name} is made. Now choose who is in it.")
    return redirect("team", made.pk)


def _teams(
    request: HttpRequest, *, problem: str = "", name: str = "", status: int = 200
) -> HttpResponse:
    page = teams_page(problem=problem, name=name)
    return answer(
        request,
        "people/teams.html",
        page,
        current="people",
        counts=SidebarCounts(),
        status=status,
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@for_admins
def team(request: HttpRequest, team_id: int) -> HttpResponse:
    row = team_or_404(team_id)
    if request.method != "POST":
        return _team(request, row)
    try:
        change = TeamChange(
            name=request.POST.get("name", ""),
            members=people_with(ids_of(request.POST.getlist("member"))),
            projects=projects_with(ids_of(request.POST.getlist("project"))),
        )
        changed = change_team(
            row.pk,
            change,
            by=request.user.get_username(),
            expected_version=request.POST.get("expected_version"),
        )
    except CannotChange as error:
        status = 409 if isinstance(error, StaleForm) else 422
        return _team(request, row, problem=error.sentence, status=status)
    messages.success(request, f"Team {changed.name} is saved.")
    return redirect("team", row.pk)


def _team(
    request: HttpRequest, row: Team, *, problem: str = "", status: int = 200
) -> HttpResponse:
    return answer(
        request,
        "people/team.html",
        team_page(row, problem=problem),
        current="people",
        counts=SidebarCounts(),
        status=status,
    )


@never_cache
@admin_action
def delete(request: HttpRequest, team_id: int) -> HttpResponse:
    """Its name must be typed: projects of no other team are everybody's afterwards."""
    row = team_or_404(team_id)
    if request.POST.get("confirm", "").strip() != row.name:
        problem = f"That is not its name. Type {row.name}."
        return _team(request, row, problem=problem, status=422)
    delete_team(row.pk, by=request.user.get_username())
    messages.success(request, f"Team {row.name} is deleted.")
    return redirect("teams")
