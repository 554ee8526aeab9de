"""A page answered below the token of a share, as if it stood at its own address."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.urls import Resolver404, ResolverMatch, resolve

from dashboard.addresses import site_root
from dashboard.ids import LARGEST_ID
from dashboard.sharing.limits import Asked, Beyond, Limits, Narrowed, narrowed
from dashboard.sharing.objects import Owned, runs_named
from dashboard.sharing.routes import SHOWN

# What a page reads of a request beside its address.
_HEADERS = ("HTTP_HX_REQUEST", "HTTP_HX_TARGET", "HTTP_HOST", "HTTP_X_FORWARDED_PROTO")
_SERVER = ("SERVER_NAME", "SERVER_PORT", "REMOTE_ADDR", "wsgi.url_scheme")


def asked_for(path: str, query: QueryDict) -> Asked:
    """The page at a path below the root; raises Beyond for what is never shown."""
    match = matched(path)
    if match is None or match.url_name is None or match.url_name not in SHOWN:
        raise Beyond
    ids = {name: int(value) for name, value in match.kwargs.items()}
    if any(number > LARGEST_ID for number in ids.values()):
        raise Beyond
    if match.url_name == "compare" and not (query.get("base") and query.get("head")):
        # The page would choose the other run itself.
        raise Beyond
    return Asked(route=match.url_name, path=path, query=query, ids=ids)


def matched(path: str) -> ResolverMatch | None:
    try:
        return resolve(path)
    except Resolver404:
        return None


def within(limits: Limits, asked: Asked) -> Narrowed:
    """What the address comes to, if its rows are the share's; raises Beyond."""
    found = narrowed(limits, asked)
    if not belongs(asked, Owned(limits)):
        raise Beyond
    return found


def belongs(asked: Asked, owned: Owned) -> bool:
    return all(ids <= owned.among(kind, ids) for kind, ids in named(asked).items())


def named(asked: Asked) -> dict[str, set[int]]:
    """The ids that an address names, by kind, which all have to be the share's."""
    kind = asked.page.about if asked.page else ""
    runs = runs_named(asked.query) if asked.route in ("run", "compare") else set()
    if kind == "runs":
        return {"run": runs}
    found = {"run": runs} if runs else {}
    if kind in ("run", "result", "case", "milestone"):
        found[kind] = found.get(kind, set()) | set(asked.ids.values())
    return found


def opened(outer: HttpRequest, asked: Asked, query: QueryDict) -> HttpResponse | None:
    """The answer of the page, made for the reader in force; None for anything but a
    page that is there.
    """
    match = matched(asked.path)
    if match is None:
        return None
    request = _inner(outer, asked.path, query)
    request.resolver_match = match
    try:
        answer = match.func(request, **match.kwargs)
    except (Http404, PermissionDenied):
        return None
    return answer if answer.status_code == 200 else None


def _inner(outer: HttpRequest, path: str, query: QueryDict) -> HttpRequest:
    """A request that knows nobody: neither session nor cookies but the theme's."""
    request = HttpRequest()
    request.method = "GET"
    request.path_info = path
    request.path = f"{site_root().rstrip('/')}{path}"
    request.META = {n: outer.META[n] for n in (*_HEADERS, *_SERVER) if n in outer.META}
    request.META["QUERY_STRING"] = query.urlencode()
    request.GET = query  # type: ignore[assignment]
    request.COOKIES = {n: v for n, v in outer.COOKIES.items() if n == "theme"}
    request.user = AnonymousUser()
    return request
