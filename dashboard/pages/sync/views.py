"""The sync page and the lists behind its numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.views.decorators.http import require_safe

from dashboard.access import for_the_signed_in, readable
from dashboard.lists.or_404 import reject_or_404
from dashboard.pages.sync.lists import history_page, rejects_page, unknown_page
from dashboard.pages.sync.page import sync_page
from dashboard.ui.answering import answer, with_statement_timeout
from dashboard.ui.clock import Clock

View = Callable[[HttpRequest], HttpResponseBase]


def _view(
    template: str,
    page: Callable[[QueryDict, Clock], Any],
    guard: Callable[[View], View] = readable,
) -> View:
    """Without a filter bar: a filter of runs means nothing for connections."""

    @require_safe
    @guard
    @with_statement_timeout
    def view(request: HttpRequest) -> HttpResponse:
        clock = Clock()
        shown = page(request.GET, clock)
        return answer(request, template, shown, current="sync", clock=clock)

    return view


sync = _view("sync/sync.html", sync_page)
history = _view("sync/syncs.html", history_page)
rejects = _view("sync/rejects.html", rejects_page, for_the_signed_in)
unknown = _view("sync/unknown.html", unknown_page)


@require_safe
@for_the_signed_in
def reject(request: HttpRequest, reject_id: int) -> HttpResponse:
    """A rejected record as it came, whole, as a file."""
    row = reject_or_404(reject_id)
    return HttpResponse(
        row.payload,
        content_type="application/json; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="rejected-{row.pk}.json"'
        },
    )
