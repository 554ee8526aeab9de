"""Embedded pictures: the page that makes their addresses, and the pictures."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_safe

from dashboard.access import writable
from dashboard.addresses import address, with_query
from dashboard.annotations import embeds as embeds_kept
from dashboard.filters import FilterError, Filters, selected_projects, strict
from dashboard.lists import embeds as embeds_list
from dashboard.models import Embed, EmbedKind
from dashboard.pages.embeds import serving
from dashboard.pages.embeds.drawn import NotDrawableError, check, drawn
from dashboard.pages.embeds.page import EXPIRIES, MOST_ROWS, embeds_page
from dashboard.pages.embeds.state import ACCEPTS, MADE, embeds_state, kind_of
from dashboard.reading.scope import everything
from dashboard.ui.answering import answer, with_statement_timeout
from dashboard.ui.write_action import write_action


@require_safe
@writable
@with_statement_timeout
def embeds(request: HttpRequest) -> HttpResponse:
    return _page(request, request.GET)


@write_action
@with_statement_timeout
def make(request: HttpRequest) -> HttpResponse:
    """Make the address of a picture; the form brings the filters as a query."""
    kind, query = kind_of(request.POST.get("kind", "")), request.POST.get("query", "")
    days = request.POST.get("expires", "")
    if kind is None or days not in dict(EXPIRIES):
        raise Http404
    try:
        filters = strict(QueryDict(query), ACCEPTS)
        check(kind, filters)
        embed = _made(request, kind, filters, days)
    except FilterError as error:
        sentences = " ".join(problem.sentence for problem in error.problems)
        return _page(request, QueryDict(), problem=sentences)
    except NotDrawableError as error:
        return _page(request, QueryDict(query), problem=str(error))
    messages.success(request, "The picture has an address now.")
    pairs = [*filters.pairs(), (MADE, str(embed.pk))]
    return redirect(with_query(address("embeds"), pairs, f"embed-{embed.pk}"))


def _made(request: HttpRequest, kind: EmbedKind, filters: Filters, days: str) -> Embed:
    projects = sorted(selected_projects(filters).values_list("pk", flat=True))
    if not projects:
        raise NotDrawableError("No project is chosen that you see.")
    ends_at = timezone.now() + timedelta(days=int(days)) if days else None
    return embeds_kept.make(
        int(request.user.pk or 0),
        kind,
        filters.to_query(),
        projects,
        by=request.user.get_username(),
        ends_at=ends_at,
    )


@write_action
def revoke(request: HttpRequest, embed_id: int) -> HttpResponse:
    embed = embeds_list.embed_or_404(embed_id)
    embeds_kept.revoke(embed, by=request.user.get_username())
    messages.success(request, "The picture is not shown any more.")
    return redirect("embeds")


def _page(request: HttpRequest, query: QueryDict, *, problem: str = "") -> HttpResponse:
    state = embeds_state(address("embeds"), query)
    site = f"{request.scheme}://{request.get_host()}"
    made = list(embeds_list.embeds()[:MOST_ROWS])
    page = embeds_page(state, made, site, problem)
    return answer(
        request,
        "embeds/embeds.html",
        page,
        state=state,
        current="embeds",
        status=422 if problem else 200,
    )


@require_safe
@writable
@with_statement_timeout
def preview(request: HttpRequest, name: str) -> HttpResponse:
    """The picture as the person who may make it sees it."""
    asked = serving.named(name)
    if asked is None:
        raise Http404
    kind, theme, form = asked
    try:
        svg = drawn(kind, strict(request.GET, ACCEPTS), theme)
    except (FilterError, NotDrawableError):
        raise Http404 from None
    shown = serving.answered(request, svg, form)
    shown.headers["Cache-Control"] = "private, no-store"
    return shown


@require_safe
def picture(request: HttpRequest, token: str, name: str) -> HttpResponseBase:
    """For anybody: the signature is the key."""
    with everything():
        return serving.opened(request, token, name)
