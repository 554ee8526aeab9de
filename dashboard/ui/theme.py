"""The theme: the system's, light or dark, kept in a cookie."""

from __future__ import annotations

from typing import Literal, TypeAlias, get_args
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_safe

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
    return f"{reverse('theme')}?{urlencode({'to': following, 'next': page})}"


def _is_path_of_ours(page: str) -> bool:
    is_ours = url_has_allowed_host_and_scheme(page, allowed_hosts=None)
    return is_ours and page.startswith("/")


@require_safe
def switch(request: HttpRequest) -> HttpResponse:
    """Keep the theme named by `to` and go back to the page `next`."""
    wanted, page = request.GET.get("to", ""), request.GET.get("next", "/")
    # Never redirect(), to which a word without a slash is the name of a view.
    answer = HttpResponseRedirect(page if _is_path_of_ours(page) else "/")
    if wanted in THEMES[1:]:
        answer.set_cookie(COOKIE, wanted, max_age=COOKIE_AGE_S, samesite="Lax")
    else:
        answer.delete_cookie(COOKIE, samesite="Lax")
    return answer
