"""The audit log, for administrators: a page, and the same rows as CSV."""

from __future__ import annotations

from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    StreamingHttpResponse,
)
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from dashboard.access import for_admins
from dashboard.api.encoding import Reader, chunks, csv_lines
from dashboard.api.views import BROKEN
from dashboard.lists.audit import every_act
from dashboard.pages.audit.page import (
    ActLine,
    AuditState,
    act_line,
    audit_page,
    state_of,
)
from dashboard.ui.answering import answer
from dashboard.ui.clock import Clock
from dashboard.ui.sidebar import SidebarCounts
from dashboard.waiting_client import CLIENT, WaitingClient


@never_cache
@require_safe
@for_admins
def audit(request: HttpRequest) -> HttpResponseBase:
    state = state_of(request.GET)
    if request.GET.get("format") == "csv":
        return _csv(request, state)
    return _page(request, state)


def _page(request: HttpRequest, state: AuditState) -> HttpResponse:
    clock = Clock()
    page = audit_page(state, clock)
    return answer(
        request,
        "audit/audit.html",
        page,
        current="audit",
        counts=SidebarCounts(),
        clock=clock,
    )


def _csv(request: HttpRequest, state: AuditState) -> HttpResponseBase:
    clock = Clock()
    asked = Reader(site=f"{request.scheme}://{request.get_host()}", is_signed_in=True)
    rows = (act_line(act, clock) for act in every_act(state.filters))
    client = request.META.get(CLIENT) or WaitingClient()
    lines = chunks(csv_lines(ActLine, rows, asked), f"{BROKEN}\r\n", client)
    answer = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = 'attachment; filename="passline-audit.csv"'
    return answer
