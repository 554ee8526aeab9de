"""Sharing a page, one's own shares and everybody's, and the end of one."""

from __future__ import annotations

from dataclasses import replace

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from dashboard.access import for_admins, may_administer, writable
from dashboard.addresses import address
from dashboard.annotations.shares import revoke
from dashboard.lists.shares import owned
from dashboard.pages.shares.page import (
    DEFAULT_DAYS,
    ShareForm,
    SharesPage,
    ends_at,
    share_form,
    shares_page,
)
from dashboard.pages.shares.text import moment_words, until_words
from dashboard.pages.shares.unfolding import PICTURE
from dashboard.sharing.links import root_of
from dashboard.sharing.making import CannotShare, make_share, wanted
from dashboard.ui.answering import answer, with_statement_timeout
from dashboard.ui.write_action import write_action

MOST_LISTED = 500


@require_http_methods(["GET", "HEAD", "POST"])
@writable
@with_statement_timeout
def share(request: HttpRequest) -> HttpResponse:
    """The form of a share, and what came of it: a dialog, or a page without scripts."""
    form = _made(request) if request.method == "POST" else _asked(request)
    return answer(request, "shares/share.html", form, current="shares")


def _asked(request: HttpRequest) -> ShareForm:
    path = request.GET.get("path", "")
    try:
        now = timezone.now()
        return share_form(wanted(path, now), now, path)
    except CannotShare as error:
        return ShareForm(path="", problem=str(error))


def _made(request: HttpRequest) -> ShareForm:
    said, now = request.POST, timezone.now()
    path, days = said.get("path", ""), said.get("until", DEFAULT_DAYS)
    is_pinned = said.get("shows") == "moment"
    try:
        page = wanted(path, now)
        expires_at = ends_at(days, now)
        made, token = make_share(
            request,
            page,
            owner_id=int(request.user.pk or 0),
            by=request.user.get_username(),
            is_pinned=is_pinned,
            expires_at=expires_at,
        )
    except CannotShare as error:
        return ShareForm(path=path, problem=str(error))
    link = request.build_absolute_uri(root_of(token))
    return share_form(
        page,
        now,
        path,
        shows=moment_words(made.as_of),
        link=link,
        picture=f"{link}/{PICTURE}",
        ends=until_words(made.expires_at),
    )


@require_safe
@writable
@with_statement_timeout
def shares(request: HttpRequest) -> HttpResponse:
    """One's own."""
    page = _listed(request, of_all=False)
    return answer(request, "shares/shares.html", page, current="shares")


@require_safe
@for_admins
@with_statement_timeout
def all_shares(request: HttpRequest) -> HttpResponse:
    page = _listed(request, of_all=True)
    return answer(request, "shares/shares.html", page, current="shares")


def _listed(request: HttpRequest, *, of_all: bool) -> SharesPage:
    rows = owned(of_all=of_all)
    page = shares_page(list(rows[:MOST_LISTED]), timezone.now(), of_all=of_all)
    if not may_administer(request):
        return page
    return replace(
        page,
        other_href=address("shares" if of_all else "share-all"),
        other_text="Your own" if of_all else "Those of all people",
    )


@write_action
def revoke_share(request: HttpRequest, share_id: int) -> HttpResponse:
    """One's own, an administrator anybody's."""
    found = owned(of_all=may_administer(request)).filter(pk=share_id).first()
    if found is None:
        raise Http404
    revoke(found, by=request.user.get_username())
    messages.success(request, "The link leads nowhere from now on.")
    back = "share-all" if request.POST.get("of") == "all" else "shares"
    return redirect(address(back))
