"""The page of the relay, and what a person decides there."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from dashboard.access import for_the_signed_in
from dashboard.annotations.relay import leave_out, queue_of, send_again
from dashboard.intake.handing_on import hand_on_soon
from dashboard.lists.or_404 import project_or_404, run_or_404
from dashboard.pages.relay.page import relay_page
from dashboard.ui.answering import answer, with_statement_timeout
from dashboard.ui.clock import Clock
from dashboard.ui.text.numbers import plural
from dashboard.ui.write_action import write_action
from ingest.models import Project, Run

DECISIONS = {"again": send_again, "leave-out": leave_out}
SAID = {"again": "to be sent again", "leave-out": "left out"}


@require_safe
@for_the_signed_in
@with_statement_timeout
def relay(request: HttpRequest) -> HttpResponse:
    """What waits, what a tool did not take and why: they are words of the tools."""
    clock = Clock()
    page = relay_page(clock)
    return answer(request, "relay/relay.html", page, current="sync", clock=clock)


@write_action
def decide_run(request: HttpRequest, run_id: int) -> HttpResponse:
    return _decided(request, run_or_404(run_id))


@write_action
def decide_project(request: HttpRequest, project_id: int) -> HttpResponse:
    return _decided(request, project_or_404(project_id))


def _decided(request: HttpRequest, about: Run | Project) -> HttpResponse:
    word = request.POST.get("do", "")
    if word not in DECISIONS:
        messages.error(request, "Choose whether to send it again or to leave it out.")
        return redirect("relay")
    number = DECISIONS[word](about, by=request.user.get_username())
    verb = "is" if number == 1 else "are"
    messages.success(request, f"{plural(number, 'request')} {verb} {SAID[word]}.")
    hand_on_soon(queue_of(about))
    return redirect("relay")
