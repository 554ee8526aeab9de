"""Addresses of pages and of the API by the name of their route, proxy's path included."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from urllib.parse import unquote, urlencode, urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.urls import get_script_prefix, reverse, set_script_prefix
from django.utils.http import url_has_allowed_host_and_scheme

# Where the API begins, below the root.
API_V1 = "/api/v1/"
# Where what is shared begins; the token follows.
SHARED = "/s/"
# What machines ask of the installation as a whole: of no reader and no project, and by an
# address that is in no list of hosts.
FOR_MACHINES = frozenset({"/healthz", "/readyz", "/metrics"})
# Stands for an id while an address is made; none has such a number in it.
_ANY_ID = 9_000_000_000_009


def site_root() -> str:
    """Where the overview is: "/", or below the path that a proxy serves us under."""
    return f"{settings.FORCE_SCRIPT_NAME}/"


def known_site() -> str:
    """Where people find this installation, as far as its settings say; for commands and
    tasks, which no request leads to.
    """
    origins: list[str] = settings.CSRF_TRUSTED_ORIGINS
    return origins[0] if origins else "http://127.0.0.1:8000"


def site_of(request: HttpRequest) -> str:
    """The origin for links that are handed on. As the settings say it, where they do:
    whoever asks may name another host.
    """
    origins: list[str] = settings.CSRF_TRUSTED_ORIGINS
    return origins[0] if origins else f"{request.scheme}://{request.get_host()}"


def address(route: str, id_: int | None = None) -> str:
    """The path of a page or of a call of the API; `id_` is what it is about.

    A page has hundreds of them, and reverse() is forty times as slow, so Django is asked once
    for each route. The thread's script prefix is not read: exports are sent, and tasks
    run, where no request has set it.
    """
    before, after = _around(route, site_root(), id_ is not None)
    return before if id_ is None else f"{before}{id_}{after}"


@cache
def _around(route: str, root: str, has_id: bool) -> tuple[str, str]:
    """What stands before and after the id."""
    of_thread = get_script_prefix()
    set_script_prefix(root)
    try:
        path = reverse(route, args=[_ANY_ID] if has_id else [])
    finally:
        set_script_prefix(of_thread)
    before, _, after = path.partition(str(_ANY_ID))
    return before, after


def of_each(name: str, make: Callable[[int], str]) -> Callable[[int], str]:
    """`make` for many ids: it is asked once for an address, in which the parameter `name`
    alone is the id.
    """
    before, _, after = make(_ANY_ID).partition(f"{name}={_ANY_ID}")
    return lambda id_: f"{before}{name}={id_}{after}"


def link_address(route: str, *texts: str) -> str:
    """The path of a page that texts name: the tokens of links."""
    of_thread = get_script_prefix()
    set_script_prefix(site_root())
    try:
        return reverse(route, args=texts)
    finally:
        set_script_prefix(of_thread)


def with_query(path: str, pairs: Iterable[tuple[str, str]], anchor: str = "") -> str:
    """`path` with parameters, and the place in the page where the browser goes."""
    query = urlencode(list(pairs))
    href = f"{path}?{query}" if query else path
    return f"{href}#{anchor}" if anchor else href


def is_ours(page: str) -> bool:
    """Whether a way back that somebody names stays on this site, below its root."""
    if not url_has_allowed_host_and_scheme(page, allowed_hosts=None):
        return False
    path = unquote(urlsplit(page).path).replace("\\", "/")
    # Another site may be beside ours on the same host, and browsers resolve these.
    return path.startswith(site_root()) and ".." not in path.split("/")
