"""Who may read and who may write: the one place that says so."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect

from dashboard import first_user
from dashboard.addresses import site_root
from dashboard.readers import Role, is_signed_in, reader
from dashboard.reading.scope import past

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def may_write(request: HttpRequest) -> bool:
    """Whether whoever asks may change anything here."""
    return may_change()


def may_change() -> bool:
    """Editors may change what people decide here, and start what a tool does; nobody
    changes the past.
    """
    return reader().may(Role.EDITOR) and past() is None


def may_administer(request: HttpRequest) -> bool:
    """Administrators connect, delete, and decide about people."""
    return reader().may(Role.ADMIN)


def may_read(request: HttpRequest) -> bool:
    """PUBLIC_READ opens the pages and the read API to everybody, a share one page."""
    return bool(settings.PUBLIC_READ) or is_signed_in() or reader().share is not None


def readable(view: View[P]) -> View[P]:
    """A page for readers; others are shown the way to log in."""
    return _guarded(view, may_read)


def for_the_signed_in(view: View[P]) -> View[P]:
    """A page that PUBLIC_READ does not open: raw answers of vendors."""
    return _guarded(view, lambda request: is_signed_in())


def writable(view: View[P]) -> View[P]:
    """A page or an action for editors."""
    return _guarded(view, may_write)


def for_admins(view: View[P]) -> View[P]:
    """A page or an action for administrators."""
    return _guarded(view, may_administer)


def _guarded(view: View[P], allowed: Callable[[HttpRequest], bool]) -> View[P]:
    @wraps(view)
    def guarded(
        request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs
    ) -> HttpResponseBase:
        if allowed(request):
            return view(request, *args, **kwargs)
        if is_signed_in():
            # At the log-in they would be sent back here.
            raise PermissionDenied
        return _to_the_door(request)

    return guarded


def _to_the_door(request: HttpRequest) -> HttpResponse:
    """To log-in, and back afterwards; to set-up while there is no user at all."""
    if first_user.somebody_exists():
        # An action is not repeated after the log-in, so its address is no way back.
        way_back = request.get_full_path() if request.method == "GET" else site_root()
        door = redirect_to_login(way_back)
    else:
        door = redirect("setup")
    if "HX-Request" not in request.headers:
        return door
    # htmx would follow a redirect and put the log-in page into the middle of another.
    return HttpResponse(status=401, headers={"HX-Redirect": door.url})
