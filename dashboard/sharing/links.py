"""The links of a page below a token: to what the visitor may open, or plain text.

It is done once, on the page as it was written, so that no template, chart or part can
lead out of the share by another way.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from html import escape, unescape
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from django.conf import settings
from django.http import QueryDict

from dashboard.addresses import SHARED, address, site_root, with_query
from dashboard.sharing.limits import Asked, Beyond, Limits, narrowed
from dashboard.sharing.objects import Owned
from dashboard.sharing.opening import asked_for, named

# Our pages escape < and > in every value, and put values in double quotes.
_TAG = re.compile(r"<[a-zA-Z][^<>]*>")
_LINK = re.compile(r'\s(href|action|formaction|hx-get|hx-post|data-refresh)="([^"]*)"')
_ROWS = re.compile(
    r'(<script id="[^"]*" type="application/json">)(.*?)(</script>)', re.S
)
Change = Callable[[str], str]
_JSON_ESCAPES = {ord(">"): "\\u003E", ord("<"): "\\u003C", ord("&"): "\\u0026"}


def root_of(token: str) -> str:
    """Where the pages of a share begin, without a slash at the end."""
    return f"{site_root().rstrip('/')}{SHARED}{token}"


class Links:
    """What each link of a page becomes; objects of all of them are asked for at once."""

    def __init__(self, token: str, limits: Limits) -> None:
        self.root, self.limits = root_of(token), limits
        self._kept: dict[str, str | None] = {}

    def in_page(self, html: str) -> str:
        self._learn(_links_in(html))
        html = _TAG.sub(lambda found: self._in_tag(found[0]), html)
        return _ROWS.sub(self._in_rows, html)

    def link(self, href: str) -> str | None:
        """The address below the token; None where there is none."""
        self._learn([href])
        return self._of(href)

    def _in_tag(self, tag: str) -> str:
        return _LINK.sub(self._in_attribute, tag)

    def _in_attribute(self, found: re.Match[str]) -> str:
        href = self._of(unescape(found[2]))
        return "" if href is None else f' {found[1]}="{escape(href)}"'

    def _in_rows(self, found: re.Match[str]) -> str:
        told = json.loads(found[2])
        rows = _each_link(told, lambda href: self._of(href) or "", self._below)
        return f"{found[1]}{json.dumps(rows).translate(_JSON_ESCAPES)}{found[3]}"

    def _of(self, href: str) -> str | None:
        return self._kept.get(href, href)

    def _learn(self, hrefs: Iterable[str]) -> None:
        """What each of them becomes: one query for each kind of thing that they name."""
        asked = {}
        for href in {*hrefs} - {*self._kept}:
            if _is_ours(href):
                self._kept[href] = None
                if found := self._asked(href):
                    asked[href] = found
        wanted: dict[str, set[int]] = {}
        for one in asked.values():
            for kind, ids in named(one).items():
                wanted.setdefault(kind, set()).update(ids)
        owned = Owned(self.limits)
        theirs = {kind: owned.among(kind, ids) for kind, ids in wanted.items()}
        for href, one in asked.items():
            if all(ids <= theirs[kind] for kind, ids in named(one).items()):
                self._kept[href] = self._below(href)

    def _asked(self, href: str) -> Asked | None:
        """The page that a link leads to as it stands, None for one beyond the limits."""
        parts = urlsplit(href)
        path = _below_root(parts.path)
        if parts.path == address("theme"):
            self._kept[href] = self._theme(parts.query)
            return None
        if path is None:
            return None
        try:
            asked = asked_for(path, QueryDict(parts.query))
            return asked if narrowed(self.limits, asked).is_same else None
        except Beyond:
            return None

    def _theme(self, query: str) -> str:
        """The switch leads back to where the visitor is."""
        pairs = [
            (name, self._below(value) if name == "next" else value)
            for name, value in parse_qsl(query, keep_blank_values=True)
        ]
        return with_query(address("theme"), pairs)

    def _below(self, href: str) -> str:
        return f"{self.root}{href.removeprefix(site_root().rstrip('/'))}"


def _below_root(path: str) -> str | None:
    root = site_root().rstrip("/")
    return path.removeprefix(root) if path.startswith(f"{root}/") else None


def _is_ours(href: str) -> bool:
    """Whether it is a path of this host; files are no page."""
    return href.startswith("/") and not href.startswith(settings.STATIC_URL)


def _links_in(html: str) -> list[str]:
    found = [
        unescape(link[2])
        for tag in _TAG.finditer(html)
        for link in _LINK.finditer(tag[0])
    ]
    for rows in _ROWS.finditer(html):
        found += _addresses(json.loads(rows[2]))
    return found


def _addresses(value: Any) -> list[str]:
    found: list[str] = []

    def keep(href: str) -> str:
        found.append(href)
        return href

    _each_link(value, keep, keep)
    return found


def _each_link(value: Any, link: Change, path: Change) -> Any:
    """The same data with every address in it changed: a `path` is what ids are put behind,
    and whether one of them may be opened is asked when it is.
    """
    if isinstance(value, dict):
        return {
            key: changes(one)
            if (changes := {"href": link, "path": path}.get(key)) and _is_path(one)
            else _each_link(one, link, path)
            for key, one in value.items()
        }
    if isinstance(value, list):
        return [_each_link(one, link, path) for one in value]
    return value


def _is_path(value: Any) -> bool:
    return isinstance(value, str) and value.startswith("/")
