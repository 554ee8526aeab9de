"""The sync page and the lists behind its numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from dashboard.access import for_the_signed_in, may_write, readable
from dashboard.pages.sync.lists import history_page, rejects_page, unknown_page
from dashboard.pages.sync.page import sync_page
from dashboard.ui.answering import with_statement_timeout
from dashboard.ui.clock import Clock
from dashboard.ui.layout import layout
from dashboard.ui.live import sidebar_counts_unless_polled
from dashboard.ui.rendering import rendered
from ingest.models import Reject


@require_safe
@readable
@with_statement_timeout
def sync(request: HttpRequest) -> HttpResponse:
    may = may_write(request)
    return _page(
        request,
        "sync/sync.html",
        lambda query, clock: sync_page(query, clock, may_write=may),
    )


@require_safe
@readable
@with_statement_timeout
def history(request: HttpRequest) -> HttpResponse:
    return _page(request, "sync/syncs.html", history_page)


@require_safe
@for_the_signed_in
@with_statement_timeout
def rejects(request: HttpRequest) -> HttpResponse:
    return _page(request, "sync/rejects.html", rejects_page)


@require_safe
@readable
@with_statement_timeout
def unknown(request: HttpRequest) -> HttpResponse:
    return _page(request, "sync/unknown.html", unknown_page)


@require_safe
@for_the_signed_in
def reject(request: HttpRequest, reject_id: int) -> HttpResponse:
    """A rejected record as it came, whole, as a file."""
    row = get_object_or_404(Reject, pk=reject_id)
    name = f"rejected-{row.pk}.json"
    return HttpResponse(
        row.payload,
        content_type="application/json; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _page(
    request: HttpRequest, template: str, make: Callable[[QueryDict, Clock], Any]
) -> HttpResponse:
    clock = Clock()
    page = make(request.GET, clock)
    # A filter of runs means nothing for connections, so the bar is hidden here.
    beside = sidebar_counts_unless_polled(request)
    shell = layout(
        request, "sync", failing=lambda: beside.failing, counts=beside.counts
    )
    context = {"shell": shell, "filter_bar": None, "page": page, "clock": clock}
    return rendered(request, template, context)
