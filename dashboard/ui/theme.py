"""The theme: the system's, light or dark, kept in a cookie."""

from __future__ import annotations

from typing import Literal, TypeAlias, get_args

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_safe

from dashboard.addresses import address, is_ours, site_root, with_query

Theme: TypeAlias = Literal["", "light", "dark"]
# In the order in which the switch goes through them; "" is the system's.
THEMES: tuple[Theme, ...] = get_args(Theme)
COOKIE = "theme"
COOKIE_AGE_S = 365 * 24 * 3600


def theme_of(request: HttpRequest) -> Theme:
    """What ?theme= asks for, for this page alone; else what the cookie keeps."""
    asked = request.GET.get("theme", request.COOKIES.get(COOKIE, ""))
    return next((theme for theme in THEMES if theme == asked), "")


def next_theme_href(request: HttpRequest) -> str:
    """The address that switches to the next theme and leads back here."""
    following = THEMES[(THEMES.index(theme_of(request)) + 1) % len(THEMES)]
    query = request.GET.copy()
    query.pop("theme", None)
    page = request.path + (f"?{query.urlencode()}" if query else "")
    return with_query(address("theme"), [("to", following), ("next", page)])


@require_safe
def switch(request: HttpRequest) -> HttpResponse:
    """Keep the theme named by `to` and go back to the page `next`."""
    wanted, page = request.GET.get("to", ""), request.GET.get("next", "")
    # Never redirect(), to which a word without a slash is the name of a view.
    answer = HttpResponseRedirect(page if is_ours(page) else site_root())
    if wanted in THEMES[1:]:
        answer.set_cookie(
            COOKIE, wanted, max_age=COOKIE_AGE_S, path=site_root(), samesite="Lax"
        )
    else:
        answer.delete_cookie(COOKIE, path=site_root(), samesite="Lax")
    return answer
