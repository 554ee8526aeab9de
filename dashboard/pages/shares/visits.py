"""What a visitor is answered: a page below the token of a share, or that there is none."""

from __future__ import annotations

from dataclasses import replace

from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils import timezone
from django.views.decorators.http import require_safe

from dashboard.database.replica import reading_replica
from dashboard.models import Share
from dashboard.pages.shares.unfolding import heads, picture
from dashboard.reading.scope import for_reader
from dashboard.request_cache import request_cache
from dashboard.sharing.limits import Asked, Beyond, Limits, limits_of
from dashboard.sharing.links import Links
from dashboard.sharing.moments import shown_at
from dashboard.sharing.objects import about
from dashboard.sharing.opening import asked_for, opened, within
from dashboard.sharing.visitors import visitor_of
from dashboard.throttle import closed_link_wait_s
from dashboard.time_limits import statement_limit
from dashboard.ui.error_pages import not_found_here, too_many_here
from dashboard.ui.panels import LONGEST_S


@require_safe
def shared(request: HttpRequest, token: str, rest: str = "") -> HttpResponse:
    """The page of a share, or another one that it leads to."""
    return _answered(request, token, rest)


@require_safe
def shared_picture(request: HttpRequest, token: str) -> HttpResponse:
    """The picture as which a link to the share unfolds."""
    answer = _answered(request, token, None)
    # Some chats show it from here.
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return answer


def _answered(request: HttpRequest, token: str, rest: str | None) -> HttpResponse:
    found = visitor_of(token)
    if found is None:
        answer = _no_such(request)
    else:
        share, reader = found
        with (
            reading_replica(None),
            for_reader(reader),
            shown_at(share.as_of),
            statement_limit(LONGEST_S),
            request_cache(),
        ):
            answer = _visit(request, share, token, rest, reader.projects or frozenset())
        if rest is not None and answer.status_code != 404:
            share.note_use()
    return answer


def _no_such(request: HttpRequest) -> HttpResponse:
    wait_s = closed_link_wait_s(request)
    return too_many_here(request, wait_s) if wait_s else not_found_here(request)


def _visit(
    request: HttpRequest,
    share: Share,
    token: str,
    rest: str | None,
    projects: frozenset[int],
) -> HttpResponse:
    try:
        own = asked_for(share.path, QueryDict(share.query))
        said = about(own.route, own.ids, own.query)
        # Of a pinned share nothing is later than its moment.
        now = share.as_of or timezone.now()
        limits = limits_of(own, projects, now, said, share.as_of)
        if rest is None:
            return picture(request, share, own, projects)
        if rest:
            asked = asked_for(f"/{rest}", request.GET)
        else:
            asked = asked_for(share.path, _over(own.query, request.GET))
        query = within(limits, asked).query
    except Beyond:
        return not_found_here(request)
    answer = opened(request, asked, query)
    if answer is None:
        return not_found_here(request)
    shown = replace(asked, query=query)
    return _below_the_token(request, answer, share, token, limits, shown)


def _over(own: QueryDict, said: QueryDict) -> QueryDict:
    """The parameters of the share's page with what is said beside the token itself."""
    both = own.copy()
    for name, values in said.lists():
        both.setlist(name, values)
    return both


def _below_the_token(
    request: HttpRequest,
    answer: HttpResponse,
    share: Share,
    token: str,
    limits: Limits,
    asked: Asked,
) -> HttpResponse:
    links = Links(token, limits)
    if "HX-Push-Url" in answer.headers:
        pushed = links.link(answer.headers["HX-Push-Url"])
        answer.headers["HX-Push-Url"] = pushed or "false"
    html = links.in_page(answer.content.decode())
    if "</head>" in html:
        html = html.replace(
            "</head>", f"{heads(request, share, token, asked)}</head>", 1
        )
    answer.content = html.encode()
    return answer
