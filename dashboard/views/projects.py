"""The settings of a project: shown to readers, changed by people who are logged in."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from dashboard.access import may_write, readable, writable
from dashboard.deciding.projects import (
    CannotChoose,
    choose_alias,
    choose_default_branch,
)
from dashboard.pages.clock import Clock
from dashboard.pages.project_settings import project_settings_page
from dashboard.views.answering import failing_now, patient, place_counts
from dashboard.views.shell import shell
from ingest.models import Project


@require_safe
@readable
@patient
def settings(request: HttpRequest, project_id: int) -> HttpResponse:
    project = get_object_or_404(
        Project.objects.select_related("connection"), pk=project_id
    )
    page = project_settings_page(
        project, Clock(), may_write=may_write(request), before=_before(request)
    )
    context = {
        "shell": shell(
            request,
            f"project-{project_id}",
            failing=failing_now,
            counts=place_counts(),
        ),
        "filter_bar": None,
        "page": page,
    }
    return render(request, "dashboard/project_settings.html", context)


@require_POST
@writable
def default_branch(request: HttpRequest, project_id: int) -> HttpResponse:
    project = get_object_or_404(Project, pk=project_id)
    branch = request.POST.get("branch", "")
    try:
        choose_default_branch(project, branch, by=request.user.get_username())
    except CannotChoose as error:
        messages.error(request, str(error))
    else:
        counts = f"on {branch} alone" if branch else "of all branches"
        messages.success(request, f"{project.name} is judged by runs {counts} now.")
    return redirect("project-settings", project_id)


@require_POST
@writable
def alias(request: HttpRequest, project_id: int) -> HttpResponse:
    project = get_object_or_404(Project, pk=project_id)
    name, of = request.POST.get("configuration", ""), request.POST.get("alias_of", "")
    try:
        choose_alias(project, name, of, by=request.user.get_username())
    except CannotChoose as error:
        messages.error(request, str(error))
    else:
        counts = of or "itself"
        messages.success(request, f"{name} counts as {counts} now.")
    return redirect("project-settings", project_id)


def _before(request: HttpRequest) -> int | None:
    """Where a page of the history begins; what names no act begins at the newest."""
    text = request.GET.get("before", "")
    is_id = text.isascii() and text.isdigit() and len(text) < 19
    return int(text) if is_id else None
