"""The page that sets a build up to push, and the token that it makes."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods

from dashboard.access import writable
from dashboard.addresses import address, with_query
from dashboard.models import Scope
from dashboard.pages.push.page import PushPage, push_page
from dashboard.people.tokens import issue_token
from dashboard.readers import reader
from dashboard.reading.scope import everything
from dashboard.ui.answering import answer
from ingest.intake.errors import InvalidError
from ingest.intake.projects import create_project
from ingest.models import Project


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@writable
def push(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return _page(request)
    if request.POST.get("do") == "project":
        return _make_project(request)
    return _make_token(request)


def _make_project(request: HttpRequest) -> HttpResponse:
    name = request.POST.get("name", "").replace("\0", "")
    try:
        with everything():
            project = create_project(name, reader().sees)
    except InvalidError as error:
        return _page(request, error=error.sentence, status=422)
    query = [("project", str(project.pk))]
    return redirect(with_query(address("connect-push"), query))


@sensitive_variables("text")
def _make_token(request: HttpRequest) -> HttpResponse:
    """Shown in the answer itself, which nothing keeps: there is no second look at it."""
    page = _made(request)
    if page.project is None:
        return _page(request, error="Choose a project first.", status=422)
    text = _issue(request.user, page.project)
    return _page(request, token=text)


def _issue(user: object, project: Project) -> str:
    assert isinstance(user, User)
    by, scopes = user.get_username(), [Scope.INTAKE]
    _, text = issue_token(user, by=by, scopes=scopes, projects=[project])
    return text


@sensitive_variables("token")
def _page(
    request: HttpRequest, *, token: str = "", error: str = "", status: int = 200
) -> HttpResponse:
    page = _made(request, token=token, error=error)
    return answer(request, "push/push.html", page, current="sync", status=status)


@sensitive_variables("token")
def _made(request: HttpRequest, *, token: str = "", error: str = "") -> PushPage:
    site = f"{request.scheme}://{request.get_host()}"
    return push_page(request.GET, site, timezone.now(), token=token, error=error)
