"""The picture at a public address: shown to anybody, as its owner may see it now."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.utils import timezone
from django.utils.cache import get_conditional_response

from dashboard.addresses import site_root
from dashboard.filters import FilterError, Filters, strict
from dashboard.models import Embed, EmbedKind
from dashboard.pages.embeds.drawn import NotDrawableError, drawn
from dashboard.pages.embeds.state import ACCEPTS
from dashboard.readers import Reader
from dashboard.reading.rights import Owners
from dashboard.reading.scope import everything, for_reader
from dashboard.request_cache import request_cache
from dashboard.throttle import closed_link_wait_s
from dashboard.time_limits import statement_limit
from dashboard.ui.error_pages import not_found_here
from dashboard.ui.panels import LONGEST_S
from dashboard.ui.pictures.colours import THEMES, Theme
from dashboard.ui.pictures.document import png
from dashboard.ui.public_pictures import kept, later, not_drawn, too_often

# How long proxies of code hosts may keep a picture; ours are as old at most.
KEPT_S = 60
ZOOM = 2
TYPES = {"svg": "image/svg+xml; charset=utf-8", "png": "image/png"}
# Whatever gets into an SVG, a browser runs and fetches nothing of it.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"


def picture_name(kind: EmbedKind, theme: Theme, form: str) -> str:
    """The last part of the address: "daily-dark.svg"."""
    return f"{kind}{'' if theme == 'light' else f'-{theme}'}.{form}"


def picture_path(token: str, name: str) -> str:
    return f"{site_root()}embed/{token}/{name}"


def named(name: str) -> tuple[EmbedKind, Theme, str] | None:
    """What the last part of an address asks for."""
    for kind in EmbedKind:
        for theme in THEMES:
            for form in TYPES:
                # A PNG has one set of colours.
                if name == picture_name(kind, theme, form) and (theme, form) != (
                    "auto",
                    "png",
                ):
                    return kind, theme, form
    return None


def opened(request: HttpRequest, token: str, name: str) -> HttpResponseBase:
    """The picture, or 404 alike for whatever there is none for."""
    now, asked = timezone.now(), named(name)
    with everything():
        embed = Embed.opened_by(token, now) if asked else None
        who = None if embed is None else reader_for(embed)
    if asked is None or embed is None or who is None or asked[0] != embed.kind:
        return _closed(request)
    if wait_s := too_often(request, f"embed-{embed.pk}", now):
        return _unlisted(later(wait_s))
    kind, theme, form = asked
    try:
        with for_reader(who), statement_limit(LONGEST_S), request_cache():
            svg = _kept(embed, who, theme, lambda: _drawn(embed, kind, theme, now))
    except (FilterError, NotDrawableError):
        # What it was of is gone, or hidden from its owner.
        return _closed(request)
    except DatabaseError as error:
        return _unlisted(not_drawn(f"embed {embed.pk}", error, LONGEST_S))
    with everything():
        embed.note_use()
    return answered(request, svg, form)


def reader_for(embed: Embed, owners: Owners | None = None) -> Reader | None:
    """A stranger who sees the projects that the picture was made of, as long as its owner
    may share, and sees each of them that is still there; else None.
    """
    owners = owners or Owners([embed])
    there = owners.there(embed)
    return Reader(projects=there) if there and there == owners.shown(embed) else None


def _drawn(embed: Embed, kind: EmbedKind, theme: Theme, now: datetime) -> str:
    return drawn(kind, stored_filters(embed, now), theme)


def stored_filters(embed: Embed, now: datetime) -> Filters:
    """Raises FilterError where they name what the reader does not have."""
    return strict(QueryDict(embed.query), ACCEPTS, now=now)


def _kept(embed: Embed, who: Reader, theme: Theme, draw: Callable[[], str]) -> str:
    """What is kept is of the same projects."""
    projects = sorted(who.projects or ())
    said = f"{embed.pk} {embed.kind} {embed.query} {projects} {theme}"
    return kept("embed", said, draw)


def answered(request: HttpRequest, svg: str, form: str) -> HttpResponse:
    content = png(svg, ZOOM) if form == "png" else svg.encode()
    etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    whole = HttpResponse(content, content_type=TYPES[form], headers={"ETag": etag})
    answer = get_conditional_response(request, etag=etag, response=whole) or whole
    answer.headers["Cache-Control"] = f"public, max-age={KEPT_S}"
    # Pages that let nothing else in may show it, also in a frame: there is nothing in
    # it that could be clicked.
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    answer.xframe_options_exempt = True
    return _unlisted(answer)


def _closed(request: HttpRequest) -> HttpResponse:
    with everything():
        wait_s = closed_link_wait_s(request)
    if wait_s:
        return _unlisted(later(wait_s))
    answer = not_found_here(request)
    answer.headers["Cache-Control"] = "no-store"
    return _unlisted(answer)


def _unlisted(answer: HttpResponse) -> HttpResponse:
    answer.headers["X-Robots-Tag"] = "noindex"
    answer.headers["Referrer-Policy"] = "no-referrer"
    if answer.status_code != 404:
        answer.headers["Content-Security-Policy"] = POLICY
    return answer
