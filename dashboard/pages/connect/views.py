"""Connect: choose a tool, fill its fields, test, choose projects, start the import."""

from __future__ import annotations

from dataclasses import replace

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from dashboard.access import writable
from dashboard.advisory_lock import advisory_lock
from dashboard.annotations.connections import disconnect as disconnect_as
from dashboard.ids import id_of
from dashboard.pages.connect import secrets_session
from dashboard.pages.connect.discovery import Discovery, discover
from dashboard.pages.connect.form_state import (
    FormState,
    form_state_of,
    named_projects,
    new_form_state,
    posted,
    secrets_of,
    stored_secrets,
)
from dashboard.pages.connect.inputs import chosen_of
from dashboard.pages.connect.page import Attempt, connect_page
from dashboard.pages.connect.problems import (
    name_taken,
    problems_of_start,
    problems_of_test,
)
from dashboard.queueing import Queued, queue_sync
from dashboard.ui.layout import layout
from dashboard.ui.parts import Note
from dashboard.ui.rendering import rendered
from dashboard.ui.write_action import write_action
from ingest.connections import Vendor, save_connection, vendors
from ingest.contract import VendorError
from ingest.models import Connection
from ingest.removal import BusyError

SYNC_PAGE = "/sync/"
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
@writable
def connect(request: HttpRequest) -> HttpResponse:
    attempt = _attempt(request)
    if request.method != "POST":
        return _page(request, attempt)
    attempt = replace(
        attempt, draft=posted(request.POST, attempt.draft, attempt.vendor)
    )
    if request.POST.get("do") == "start":
        return _start(request, attempt)
    return _page(request, _tested(request, attempt))


def _attempt(request: HttpRequest) -> Attempt:
    """Where the address points, with what is kept of an earlier request."""
    row = _row(request.GET.get("connection"))
    vendor = _vendor(row.vendor if row else request.GET.get("vendor", ""), row)
    draft = form_state_of(row, vendor) if row else new_form_state(vendor)
    kept = secrets_session.kept_for(request.session, draft)
    attempt = Attempt(draft=kept.draft, vendor=vendor, row=row, finding=kept.finding)
    return replace(attempt, can_start=_can_start(request, attempt))


def _row(asked: str | None) -> Connection | None:
    if asked is None:
        return None
    number = id_of(asked)
    if number is None:
        raise Http404
    return get_object_or_404(Connection, pk=number)


def _vendor(name: str, row: Connection | None) -> Vendor:
    """The tool of that name; the first one where a link names none that we know."""
    known = {vendor.name: vendor for vendor in vendors()}
    if row and name not in known:
        raise Http404
    return known.get(name) or next(iter(known.values()))


def _can_start(request: HttpRequest, attempt: Attempt) -> bool:
    """Whether these very values passed a test, or are stored already as they are."""
    draft, row = attempt.draft, attempt.row
    proof = secrets_session.proof_of(draft, secrets_of(draft, row))
    if row is not None and not draft.secrets and (stored := stored_secrets(row)):
        unchanged = secrets_session.proof_of(form_state_of(row, attempt.vendor), stored)
        if proof == unchanged:
            return True
    return proof == secrets_session.kept_for(request.session, draft).proof


def _tested(request: HttpRequest, attempt: Attempt) -> Attempt:
    """The attempt after a test, which is made only with values that can be tested."""
    draft, vendor, row = attempt.draft, attempt.vendor, attempt.row
    problems = problems_of_test(draft, vendor, row)
    finding = None if problems else found_for(draft, vendor, row)
    has_passed = finding is not None and finding.has_passed
    proof = (
        secrets_session.proof_of(draft, secrets_of(draft, row)) if has_passed else ""
    )
    secrets_session.keep(
        request.session,
        secrets_session.KeptSecrets(draft=draft, finding=finding, proof=proof),
    )
    attempt = replace(attempt, finding=finding)
    return replace(
        attempt,
        problems=problems | problems_of_start(draft, vendor),
        can_start=_can_start(request, attempt),
    )


def found_for(draft: FormState, vendor: Vendor, row: Connection | None) -> Discovery:
    return discover(
        vendor,
        base_url=draft.base_url,
        values=draft.settings,
        secrets=secrets_of(draft, row),
        projects=named_projects(draft, vendor),
    )


def _start(request: HttpRequest, attempt: Attempt) -> HttpResponse:
    draft, vendor = attempt.draft, attempt.vendor
    kept = secrets_session.kept_for(request.session, draft)
    secrets_session.keep(request.session, replace(kept, draft=draft))
    can_start = _can_start(request, attempt)
    problems = problems_of_test(draft, vendor, attempt.row)
    problems |= problems_of_start(draft, vendor)
    attempt = replace(attempt, problems=problems, can_start=can_start)
    if problems or not can_start:
        error = "" if problems else NOT_TESTED
        finding = attempt.finding if can_start else None
        return _page(request, replace(attempt, finding=finding, error=error))
    try:
        connection = _saved(attempt)
    except VendorError as error:
        return _page(request, replace(attempt, error=error.sentence))
    if connection is None:
        problems = {"name": name_taken(draft.name)}
        return _page(request, replace(attempt, problems=problems))
    secrets_session.forget(request.session)
    _say_saved(request, attempt, connection, queue_sync(connection))
    return redirect(SYNC_PAGE)


def _saved(attempt: Attempt) -> Connection | None:
    """The connection as stored; None when its name was taken in the meantime.

    A test has just passed with these values, so that none is made again.
    """
    draft, row = attempt.draft, attempt.row
    with advisory_lock("name a connection"):
        if row is None and Connection.objects.filter(name=draft.name).exists():
            return None
        return save_connection(
            vendor=draft.vendor,
            name=draft.name,
            base_url=draft.base_url,
            settings=draft.settings,
            secrets=draft.secrets,
            projects=_projects(attempt),
            interval_minutes=int(draft.interval),
            backfill_days=int(draft.reach) or None,
            check=False,
        )


def _projects(attempt: Attempt) -> list[str]:
    """Ids to sync; none means all, those that come later included."""
    draft, finding, row = attempt.draft, attempt.finding, attempt.row
    if named := named_projects(draft, attempt.vendor):
        return named
    if finding is None:
        return list(row.project_ids) if row else []
    chosen = chosen_of(draft, row, finding)
    everything = len(chosen) == len(finding.projects)
    return [] if everything else [id for id, _ in finding.projects if id in chosen]


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


@write_action
def disconnect(request: HttpRequest, connection: int) -> HttpResponse:
    """Delete a connection with all that came through it; its name must be typed."""
    row = get_object_or_404(Connection, pk=connection)
    if request.POST.get("confirm", "").strip() != row.name:
        return _not_removed(request, row, f"That is not its name. Type {row.name}.")
    try:
        disconnect_as(row, by=request.user.get_username())
    except BusyError as error:
        return _not_removed(request, row, str(error))
    messages.success(request, f"{row.name} is disconnected and its data deleted.")
    return redirect(SYNC_PAGE)


def _not_removed(request: HttpRequest, row: Connection, error: str) -> HttpResponse:
    vendor = _vendor(row.vendor, row)
    attempt = Attempt(
        draft=form_state_of(row, vendor), vendor=vendor, row=row, confirm_error=error
    )
    return _page(request, replace(attempt, can_start=_can_start(request, attempt)))


def _page(request: HttpRequest, attempt: Attempt) -> HttpResponse:
    notes = (SAMPLE,) if "sample" in request.GET else ()
    context = {
        "shell": layout(request, "sync", notes=notes),
        "filter_bar": None,
        "page": connect_page(attempt),
    }
    return rendered(request, "connect/connect.html", context)
