"""Connect: choose a tool, fill its fields, test, choose projects, start the import."""

from __future__ import annotations

from dataclasses import replace

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from dashboard.access import for_admins
from dashboard.advisory_lock import advisory_lock
from dashboard.annotations.connections import disconnect as disconnect_as
from dashboard.ids import id_of
from dashboard.lists.connections import connection_names
from dashboard.lists.or_404 import connection_or_404
from dashboard.pages.connect import secrets_session
from dashboard.pages.connect.attempt import Attempt
from dashboard.pages.connect.form_state import (
    form_state_of,
    named_projects,
    new_form_state,
    posted,
    stored_secrets,
)
from dashboard.pages.connect.page import connect_page
from dashboard.pages.connect.problems import (
    name_taken,
    problems_of_start,
    problems_of_test,
)
from dashboard.queueing import Queued, queue_sync
from dashboard.ui.answering import answer
from dashboard.ui.parts import Note
from dashboard.ui.sidebar import SidebarCounts
from dashboard.ui.write_action import admin_action
from ingest.connections import Vendor, save_connection, vendors
from ingest.contract import VendorError
from ingest.models import Connection
from ingest.removal import BusyError

NOT_TESTED = "These values were not tested. Test the connection first."
SAMPLE = Note(
    kind="info",
    glyph="unknown",
    fact="Sample data has a copy of Passline of its own.",
    text="In a second terminal run: DATA_DIR=var/sample DATABASE_URL= REDIS_URL= make "
    "demo PORT=8001. Five simulated tools with a year of history then answer at "
    "http://127.0.0.1:8001, and nothing here is touched.",
)


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@for_admins
def connect(request: HttpRequest) -> HttpResponse:
    attempt = _attempt(request)
    if request.method != "POST":
        return _page(request, attempt)
    form_state = posted(request.POST, attempt.form_state, attempt.vendor)
    attempt = replace(attempt, form_state=form_state)
    if request.POST.get("do") == "start":
        return _start(request, attempt)
    return _page(request, _tested(request, attempt))


def _attempt(request: HttpRequest) -> Attempt:
    """Where the address points, with what is kept of an earlier request."""
    row = _row(request.GET.get("connection"))
    vendor = _vendor(row.vendor if row else request.GET.get("vendor", ""), row)
    form_state = form_state_of(row, vendor) if row else new_form_state(vendor)
    kept = secrets_session.kept_for(request.session, form_state)
    return Attempt(
        form_state=kept.form_state, vendor=vendor, row=row, discovery=kept.discovery
    )


def _row(text: str | None) -> Connection | None:
    if text is None:
        return None
    number = id_of(text)
    if number is None:
        raise Http404
    return connection_or_404(number)


def _vendor(name: str, row: Connection | None) -> Vendor:
    """The tool of that name; the first one where a link names none that we know."""
    by_name = {vendor.name: vendor for vendor in vendors()}
    if row and name not in by_name:
        raise Http404
    return by_name.get(name) or next(iter(by_name.values()))


def stored_attempt(row: Connection) -> Attempt:
    """A connection as it is stored. Raises Http404 for a tool that is no more."""
    vendor = _vendor(row.vendor, row)
    return Attempt(form_state=form_state_of(row, vendor), vendor=vendor, row=row)


def _can_start(request: HttpRequest, attempt: Attempt) -> bool:
    """Whether these very values passed a test, or are stored already as they are."""
    form_state, row = attempt.form_state, attempt.row
    proof = secrets_session.proof_of(form_state, attempt.secrets)
    if row is not None and not form_state.secrets and (stored := stored_secrets(row)):
        unchanged = secrets_session.proof_of(form_state_of(row, attempt.vendor), stored)
        if proof == unchanged:
            return True
    return proof == secrets_session.kept_for(request.session, form_state).proof


def _tested(request: HttpRequest, attempt: Attempt) -> Attempt:
    """The attempt after a test, which is made only with values that can be tested."""
    form_state, vendor = attempt.form_state, attempt.vendor
    problems = problems_of_test(form_state, vendor, attempt.row)
    attempt = replace(attempt, discovery=None if problems else attempt.discover())
    secrets_session.keep(request.session, attempt)
    return replace(attempt, problems=problems | problems_of_start(form_state, vendor))


def _start(request: HttpRequest, attempt: Attempt) -> HttpResponse:
    form_state, vendor = attempt.form_state, attempt.vendor
    kept = secrets_session.kept_for(request.session, form_state)
    secrets_session.store(request.session, replace(kept, form_state=form_state))
    problems = problems_of_test(form_state, vendor, attempt.row)
    problems |= problems_of_start(form_state, vendor)
    can_start = _can_start(request, attempt)
    if problems or not can_start:
        error = "" if problems else NOT_TESTED
        discovery = attempt.discovery if can_start else None
        attempt = replace(attempt, problems=problems, discovery=discovery, error=error)
        return _page(request, attempt)
    try:
        connection = _saved(attempt)
    except VendorError as error:
        return _page(request, replace(attempt, error=error.sentence))
    if connection is None:
        problems = {"name": name_taken(form_state.name)}
        return _page(request, replace(attempt, problems=problems))
    secrets_session.forget(request.session)
    _say_saved(request, attempt, connection, queue_sync(connection))
    return redirect("sync")


def _saved(attempt: Attempt) -> Connection | None:
    """The connection as stored; None when its name was taken in the meantime.

    A test has just passed with these values, so that none is made again.
    """
    form_state, row = attempt.form_state, attempt.row
    with advisory_lock("name a connection"):
        if row is None and form_state.name in connection_names(form_state.name):
            return None
        return save_connection(
            vendor=form_state.vendor,
            name=form_state.name,
            base_url=form_state.base_url,
            settings=form_state.settings,
            secrets=form_state.secrets,
            projects=_projects(attempt),
            interval_minutes=int(form_state.interval),
            backfill_days=int(form_state.reach) or None,
            check=False,
        )


def _projects(attempt: Attempt) -> list[str]:
    """Ids to sync; none means all, those that come later included."""
    discovery, row = attempt.discovery, attempt.row
    if named := named_projects(attempt.form_state, attempt.vendor):
        return named
    if discovery is None:
        return list(row.project_ids) if row else []
    chosen = attempt.chosen
    everything = len(chosen) == len(discovery.projects)
    return [] if everything else [id for id, _ in discovery.projects if id in chosen]


def _say_saved(
    request: HttpRequest, attempt: Attempt, connection: Connection, queued: Queued
) -> None:
    if queued is Queued.WAITS:
        messages.warning(
            request,
            f"{connection.name} is saved, but the queue does not answer. Its import "
            "starts by itself once the queue is back.",
        )
    elif attempt.row:
        messages.success(request, f"{connection.name} is saved.")
    else:
        messages.success(request, f"{connection.name} is connected. Newest runs first.")


@admin_action
def disconnect(request: HttpRequest, connection: int) -> HttpResponse:
    """Delete a connection with all that came through it; its name must be typed."""
    row = connection_or_404(connection)
    if request.POST.get("confirm", "").strip() != row.name:
        return _not_removed(request, row, f"That is not its name. Type {row.name}.")
    try:
        disconnect_as(row, by=request.user.get_username())
    except BusyError as error:
        return _not_removed(request, row, str(error))
    messages.success(request, f"{row.name} is disconnected and its data deleted.")
    return redirect("sync")


def _not_removed(request: HttpRequest, row: Connection, error: str) -> HttpResponse:
    return _page(request, replace(stored_attempt(row), confirm_error=error))


def _page(request: HttpRequest, attempt: Attempt) -> HttpResponse:
    attempt = replace(attempt, can_start=_can_start(request, attempt))
    notes = (SAMPLE,) if "sample" in request.GET else ()
    return answer(
        request,
        "connect/connect.html",
        connect_page(attempt),
        current="sync",
        counts=SidebarCounts(),
        notes=notes,
    )
