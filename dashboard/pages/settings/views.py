"""The settings of a project: shown to readers, changed by people who are logged in."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from dashboard.access import readable
from dashboard.annotations.audit_log import ChangedMeanwhile, based_on
from dashboard.annotations.projects import (
    CannotChoose,
    choose_alias,
    choose_default_branch,
)
from dashboard.ids import id_of
from dashboard.lists.or_404 import project_or_404, project_with_acts_or_404
from dashboard.pages.settings.page import (
    ProjectSettingsPage,
    project_settings_page,
    with_sent_alias,
    with_sent_branch,
)
from dashboard.people.errors import CannotChange
from dashboard.people.teams import everybody, ids_of, set_teams_of, teams_with
from dashboard.people.versions import StaleForm
from dashboard.ui.answering import answer, with_statement_timeout
from dashboard.ui.clock import Clock
from dashboard.ui.history import changed_since
from dashboard.ui.write_action import admin_action, write_action


@require_safe
@readable
@with_statement_timeout
def settings(request: HttpRequest, project_id: int) -> HttpResponse:
    return _answer(request, _page(request, project_id))


def _page(request: HttpRequest, project_id: int) -> ProjectSettingsPage:
    project = project_with_acts_or_404(project_id)
    # Where a page of the history begins; what names no act begins at the newest.
    before = id_of(request.GET.get("before", ""))
    return project_settings_page(project, Clock(), before)


def _answer(
    request: HttpRequest, page: ProjectSettingsPage, status: int = 200
) -> HttpResponse:
    current = f"project-{page.project_id}"
    template = "settings/settings.html"
    return answer(request, template, page, current=current, status=status)


@write_action
@with_statement_timeout
def default_branch(request: HttpRequest, project_id: int) -> HttpResponse:
    project = project_or_404(project_id)
    branch, by = request.POST.get("branch", ""), request.user.get_username()
    version = based_on(request.POST.get("expected_version", ""))
    try:
        choose_default_branch(project, branch, by=by, expected_version=version)
    except ChangedMeanwhile as changed:
        now = changed.act.after.get("branch", "all branches")
        problem = changed_since(changed.act, by, "branch", Clock(), is_now=now)
        page = with_sent_branch(_page(request, project_id), branch, problem)
        return _answer(request, page, status=409)
    except CannotChoose as error:
        messages.error(request, str(error))
    else:
        counts = f"on {branch} alone" if branch else "of all branches"
        messages.success(request, f"{project.name} is judged by runs {counts} now.")
    return redirect("project-settings", project_id)


@write_action
@with_statement_timeout
def alias(request: HttpRequest, project_id: int) -> HttpResponse:
    project = project_or_404(project_id)
    name, of = request.POST.get("configuration", ""), request.POST.get("alias_of", "")
    by = request.user.get_username()
    version = based_on(request.POST.get("expected_version", ""))
    try:
        choose_alias(project, name, of, by=by, expected_version=version)
    except ChangedMeanwhile as changed:
        now = changed.act.after.get("counts_as", "itself")
        problem = changed_since(changed.act, by, "choice", Clock(), is_now=now)
        page = with_sent_alias(_page(request, project_id), name, of, problem)
        return _answer(request, page, status=409)
    except CannotChoose as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"{name} counts as {of or 'itself'} now.")
    return redirect("project-settings", project_id)


@admin_action
@with_statement_timeout
def teams(request: HttpRequest, project_id: int) -> HttpResponse:
    """Who sees the project."""
    project = project_or_404(project_id)
    try:
        chosen = teams_with(ids_of(request.POST.getlist("team")))
    except CannotChange as error:
        messages.error(request, error.sentence)
        return redirect("project-settings", project_id)
    try:
        set_teams_of(
            project,
            chosen,
            by=request.user.get_username(),
            expected_version=request.POST.get("expected_version"),
        )
    except StaleForm as error:
        messages.error(request, error.sentence)
        return _answer(request, _page(request, project_id), 409)
    names = ", ".join(team.name for team in chosen)
    seen_by = f"{names} and administrators" if names else everybody()
    messages.success(request, f"{project.name} is seen by {seen_by} now.")
    return redirect("project-settings", project_id)
