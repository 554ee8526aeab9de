"""The faults of a page's HTML that a browser repairs without a word."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from functools import lru_cache
from html.parser import HTMLParser
from typing import TypeAlias

from django.http import HttpRequest, HttpResponse
from django.utils.html import VOID_ELEMENTS

from tests.figures import figure_faults

Attributes: TypeAlias = list[tuple[str, str | None]]
Answering: TypeAlias = Callable[[HttpRequest], HttpResponse]
DATA, CODE = "application/json", "javascript:"


class UnsoundPage(Exception):
    """A page that only a browser's repairs make readable."""


# A comment, a declaration, or a tag with all its attributes.
_MARKUP = re.compile(
    r"""<!--.*?-->|<!(?!--)[^>]*>
    |<(?P<end>/?)(?P<tag>[a-zA-Z][^\s/>]*+)(?:[^"'>]++|"[^"]*+"|'[^']*+')*+>""",
    re.DOTALL | re.VERBOSE,
)
# What stands in these is text, up to their end.
_OF_TEXT = ("script", "style")


class _Start(HTMLParser):
    """A start tag alone: its name, its id, and its own faults."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tag, self.id, self.ends_itself = "", "", False
        self.faults: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: Attributes) -> None:
        self.tag = tag
        given = {name: value or "" for name, value in attrs}
        self.id = given.get("id", "")
        if len(given) < len(attrs):
            self.faults.append(f"an attribute twice in {self.get_starttag_text()}")
        if tag == "script" and "src" not in given and given.get("type") != DATA:
            self.faults.append("a script of its own")
        if any(n.startswith("on") or _is_code(n, v) for n, v in given.items()):
            self.faults.append(f"a script of its own in {self.get_starttag_text()}")
        if given.get("type") == "password" and given.get("value"):
            self.faults.append(f"a secret is printed back in {given.get('name')}")

    def handle_startendtag(self, tag: str, attrs: Attributes) -> None:
        self.handle_starttag(tag, attrs)
        self.ends_itself = True


# The same tags stand in a page, and on all pages, again and again.
_start = lru_cache(maxsize=4096)(_Start)


class _Markup:
    def __init__(self, html: str) -> None:
        self.html, self.at = html, 0
        self.faults: list[str] = []
        self.open: list[str] = []
        self.ids: list[str] = []
        after = 0
        while found := _MARKUP.search(html, after):
            self.at, after = found.span()
            if found["end"]:
                self._end(found["tag"].lower())
            elif found["tag"]:
                after = self._begin(_start(found[0]), after)

    def _begin(self, start: _Start, after: int) -> int:
        """Where the markup goes on."""
        if start.ends_itself and start.tag not in VOID_ELEMENTS:
            if "svg" not in self.open:
                self._fault(f"<{start.tag}/> does not end itself")
        elif start.tag not in VOID_ELEMENTS:
            self.open.append(start.tag)
        for fault in start.faults:
            self._fault(fault)
        if start.id:
            self.ids.append(start.id)
        if start.tag not in _OF_TEXT or start.ends_itself:
            return after
        end = self.html.find(f"</{start.tag}", after)
        return end if end >= 0 else len(self.html)

    def _end(self, tag: str) -> None:
        if self.open and self.open[-1] == tag:
            self.open.pop()
            return
        self._fault(f"</{tag}> ends {' '.join(self.open[-3:]) or 'nothing'}")
        # What stands between is taken as ended, so that one fault is told once.
        while tag in self.open:
            if self.open.pop() == tag:
                break

    def _fault(self, what: str) -> None:
        line = self.html.count("\n", 0, self.at) + 1
        self.faults.append(f"line {line}: {what}")


def _is_code(name: str, value: str) -> bool:
    """What somebody typed into a field comes back as its value, and nothing runs it."""
    return value.startswith(CODE) and name != "value"


def faults(html: str) -> list[str]:
    """What is wrong with a page or a part of one, with the number of the line."""
    markup = _Markup(html)
    unclosed = [f"<{tag}> has no end" for tag in markup.open]
    twice = [f'id="{id}" {n} times' for id, n in Counter(markup.ids).items() if n > 1]
    return [*markup.faults, *unclosed, *twice, *figure_faults(html)]


def only_sound_pages(get_response: Answering) -> Answering:
    """Middleware that refuses to answer with a page that has faults."""

    def answer(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        is_page = response.headers.get("Content-Type", "").startswith("text/html")
        is_djangos = request.path.startswith("/admin/")
        if is_page and not is_djangos and (found := faults(response.content.decode())):
            raise UnsoundPage(f"{request.get_full_path()}: {'; '.join(found)}")
        return response

    return answer
