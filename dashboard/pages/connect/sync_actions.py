"""What a person does to connections on the Sync page: each is a POST and a way back."""

from __future__ import annotations

from dataclasses import replace

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from dashboard.access import writable
from dashboard.annotations.connections import pause, resume
from dashboard.lists.connections import not_paused
from dashboard.lists.or_404 import connection_or_404
from dashboard.lists.rejects import MAPPABLE, runs_to_be_read_again
from dashboard.pages.connect import secrets_session
from dashboard.pages.connect.views import stored_attempt
from dashboard.queueing import Queued, queue_sync
from dashboard.reading.scope import everything
from dashboard.ui.text import numbers
from dashboard.ui.write_action import write_action
from ingest.connections import map_status
from ingest.contract import Status

QUEUE_GONE = (
    "The queue does not answer. What was asked for starts by itself once it is back."
)
LONGEST_WORD = 500


@write_action
def sync_now(request: HttpRequest, connection: int) -> HttpResponse:
    row = connection_or_404(connection)
    match queue_sync(row):
        case Queued.STARTED:
            messages.success(request, f"Syncing {row.name}.")
        case Queued.BUSY:
            messages.info(request, f"A sync of {row.name} is under way already.")
        case Queued.WAITS:
            messages.warning(request, QUEUE_GONE)
    return redirect("sync")


@write_action
def compare_whole(request: HttpRequest, connection: int) -> HttpResponse:
    """Ask for a look at everything that the vendor lists of the connection's projects."""
    row = connection_or_404(connection)
    match queue_sync(row, is_look=True):
        case Queued.STARTED:
            messages.success(request, f"Comparing all of {row.name}.")
        case Queued.BUSY:
            messages.info(request, f"A sync of {row.name} is under way already.")
        case Queued.WAITS:
            messages.warning(request, QUEUE_GONE)
    return redirect("sync")


@require_POST
@writable
def sync_all(request: HttpRequest) -> HttpResponse:
    """Ask for a sync of each connection that is not paused."""
    started = 0
    for row in not_paused():
        queued = queue_sync(row)
        if queued is Queued.WAITS:
            # Each further try would wait as long; the beat starts what is due.
            messages.warning(request, QUEUE_GONE)
            return redirect("sync")
        started += queued is Queued.STARTED
    messages.success(request, f"Syncing {numbers.plural(started, 'connection')}.")
    return redirect("sync")


@write_action
def pause_syncs(request: HttpRequest, connection: int) -> HttpResponse:
    row = connection_or_404(connection)
    pause(row, by=request.user.get_username())
    messages.success(request, f"{row.name} is paused and keeps its data.")
    return redirect("sync")


@write_action
def resume_syncs(request: HttpRequest, connection: int) -> HttpResponse:
    row = connection_or_404(connection)
    resume(row, by=request.user.get_username())
    messages.success(request, f"{row.name} syncs again.")
    return redirect("sync")


@require_POST
@writable
def test_stored(request: HttpRequest, connection: int) -> HttpResponse:
    """Test a connection as it is stored; its page shows what was found."""
    attempt = stored_attempt(connection_or_404(connection))
    secrets_session.keep(
        request.session, replace(attempt, discovery=attempt.discover())
    )
    page = f"{attempt.href}#check"
    if "HX-Request" in request.headers:
        # The result stands on a page of its own, which is no part of this one.
        return HttpResponse(status=204, headers={"HX-Redirect": page})
    return redirect(page)


@write_action
def map_word(request: HttpRequest, connection: int) -> HttpResponse:
    """Let the vendor's `word` count as `status`, and have its runs read again."""
    row = connection_or_404(connection)
    word, status = request.POST.get("word", ""), request.POST.get("status", "")
    if not word or len(word) > LONGEST_WORD or "\x00" in word:
        messages.error(request, "That is no status word. Load the page and try again.")
    elif status not in MAPPABLE:
        messages.error(request, f"A word cannot count as {status or 'nothing'}.")
    else:
        # Those of hidden projects too, of which nothing is said.
        with everything():
            map_status(row, word, Status(status))
        runs = runs_to_be_read_again(row.pk, word)
        messages.success(
            request,
            f"{word} counts as {status}. {numbers.plural(runs, 'run')} to be read again.",
        )
    return redirect("sync")
