"""Digests, alerts and their channels: listed, made, changed, looked at, sent, ended."""

from __future__ import annotations

import logging

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe
from kombu.exceptions import OperationalError

from dashboard.access import for_admins, may_administer, writable
from dashboard.addresses import address
from dashboard.annotations import digests as kept
from dashboard.celery import app
from dashboard.digests.alerts import begin_anew
from dashboard.digests.due import send_now
from dashboard.lists.digests import (
    channel_or_404,
    channels,
    own_subscription_or_404,
    subscription_or_404,
)
from dashboard.models import Subscription
from dashboard.pages.digests.form import (
    ChannelForm,
    new_form,
    read_channel,
    read_subscription,
    schedule,
    stored_form,
)
from dashboard.pages.digests.page import digest_page, digests_page, form_page
from dashboard.ui.answering import answer, with_statement_timeout
from dashboard.ui.lengths import cut
from dashboard.ui.parts import Link
from dashboard.ui.write_action import write_action

logger = logging.getLogger(__name__)
LONGEST_MESSAGE = 80
CURRENT = "digests"
BOTH = ["GET", "HEAD", "POST"]


@require_safe
@writable
@with_statement_timeout
def digests(request: HttpRequest) -> HttpResponse:
    """One's own."""
    return _list(request)


def _list(
    request: HttpRequest, form: ChannelForm | None = None, status: int = 200
) -> HttpResponse:
    other = None
    if may_administer(request):
        other = Link(text="Those of all people", href=address("digest-all"))
    page = digests_page(of_all=False, form=form, other=other)
    return answer(request, "digests/digests.html", page, current=CURRENT, status=status)


@require_safe
@for_admins
@with_statement_timeout
def all_digests(request: HttpRequest) -> HttpResponse:
    other = Link(text="Your own", href=address("digests"))
    page = digests_page(of_all=True, other=other)
    return answer(request, "digests/digests.html", page, current=CURRENT)


@sensitive_post_parameters("address")
@write_action
@with_statement_timeout
def make_channel(request: HttpRequest) -> HttpResponse:
    channel, form = read_channel(request.POST, int(request.user.pk or 0))
    if channel is None:
        return _list(request, form, status=422)
    kept.save_channel(channel, by=_by(request))
    messages.success(request, f"{cut(channel.name, LONGEST_MESSAGE)} is kept.")
    return redirect(f"{address('digests')}#channels")


@write_action
@with_statement_timeout
def delete_channel(request: HttpRequest, channel_id: int) -> HttpResponse:
    channel = channel_or_404(channel_id)
    kept.delete_channel(channel, by=_by(request))
    messages.success(request, "The channel is deleted, and what was sent to it ends.")
    return redirect(f"{address('digests')}#channels")


@require_http_methods(BOTH)
@writable
@with_statement_timeout
def new(request: HttpRequest) -> HttpResponse:
    """The form of a new one, and what came of it. `kind` is digest or alert, `path` a
    page with the filters that it starts with.
    """
    kind = request.GET.get("kind", Subscription.DIGEST)
    if kind not in (Subscription.DIGEST, Subscription.ALERT):
        raise Http404
    mine = list(channels())
    if request.method != "POST":
        form = new_form(kind, mine, request.GET.get("path", ""))
        return _form(request, form_page(form))
    return _saved(request, Subscription(owner_id=int(request.user.pk or 0), kind=kind))


@require_http_methods(BOTH)
@writable
@with_statement_timeout
def change(request: HttpRequest, subscription_id: int) -> HttpResponse:
    row = own_subscription_or_404(subscription_id)
    if request.method != "POST":
        return _form(request, form_page(stored_form(row), row=row))
    return _saved(request, row)


def _saved(request: HttpRequest, row: Subscription) -> HttpResponse:
    known = row if row.pk else None
    form = read_subscription(request.POST, row, list(channels()))
    if form.problems:
        return _form(request, form_page(form, row=known), status=422)
    schedule(row)
    row.site = f"{request.scheme}://{request.get_host()}"
    kept.save(row, by=_by(request))
    begin_anew(row)
    messages.success(request, f"{cut(row.name, LONGEST_MESSAGE)} is kept.")
    return redirect(address("digest", row.pk))


def _form(request: HttpRequest, page: object, status: int = 200) -> HttpResponse:
    return answer(request, "digests/form.html", page, current=CURRENT, status=status)


@require_safe
@writable
@with_statement_timeout
def digest(request: HttpRequest, subscription_id: int) -> HttpResponse:
    """One with its preview and its history."""
    page = digest_page(subscription_or_404(subscription_id))
    return answer(request, "digests/digest.html", page, current=CURRENT)


@write_action
@with_statement_timeout
def send(request: HttpRequest, subscription_id: int) -> HttpResponse:
    row = own_subscription_or_404(subscription_id)
    if not row.is_digest:
        raise Http404
    delivery = send_now(row)
    try:
        app.send_task("dashboard.tasks.send_delivery", [delivery.pk])
    except (OperationalError, OSError) as error:
        # The beat finds it by itself.
        logger.warning("a digest waits for the beat: %s", type(error).__name__)
    messages.success(request, "It is on its way; what became of it is told below.")
    return redirect(f"{address('digest', row.pk)}#history")


@write_action
@with_statement_timeout
def pause(request: HttpRequest, subscription_id: int) -> HttpResponse:
    """Pause it, or let it go on."""
    row = subscription_or_404(subscription_id)
    if request.POST.get("to") == "on":
        if row.owner_id != request.user.pk:
            raise Http404
        schedule(row)
        kept.save(row, by=_by(request))
        begin_anew(row)
        messages.success(request, "It goes on.")
    else:
        kept.pause(row, by=_by(request))
        messages.success(request, "It is paused.")
    return redirect(address("digest", row.pk))


@write_action
@with_statement_timeout
def delete(request: HttpRequest, subscription_id: int) -> HttpResponse:
    row = subscription_or_404(subscription_id)
    is_mine = row.owner_id == request.user.pk
    kept.delete(row, by=_by(request))
    messages.success(request, f"{cut(row.name, LONGEST_MESSAGE)} is deleted.")
    return redirect(address("digests" if is_mine else "digest-all"))


def _by(request: HttpRequest) -> str:
    return request.user.get_username()
