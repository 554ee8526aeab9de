"""The faults of a page's HTML that a browser repairs without a word."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from html.parser import HTMLParser
from typing import TypeAlias

from django.http import HttpRequest, HttpResponse
from django.utils.html import VOID_ELEMENTS

Attributes: TypeAlias = list[tuple[str, str | None]]
Answering: TypeAlias = Callable[[HttpRequest], HttpResponse]
DATA, CODE = "application/json", "javascript:"


class UnsoundPage(Exception):
    """A page that only a browser's repairs make readable."""


class _Markup(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.faults: list[str] = []
        self.open: list[str] = []
        self.ids: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: Attributes) -> None:
        if tag not in VOID_ELEMENTS:
            self.open.append(tag)
        self._look_at(tag, attrs)

    def handle_startendtag(self, tag: str, attrs: Attributes) -> None:
        if tag not in VOID_ELEMENTS and "svg" not in self.open:
            self._fault(f"<{tag}/> does not end itself")
        self._look_at(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if self.open and self.open[-1] == tag:
            self.open.pop()
            return
        self._fault(f"</{tag}> ends {' '.join(self.open[-3:]) or 'nothing'}")
        # What stands between is taken as ended, so that one fault is told once.
        while tag in self.open:
            if self.open.pop() == tag:
                break

    def _look_at(self, tag: str, attrs: Attributes) -> None:
        given = {name: value or "" for name, value in attrs}
        if len(given) < len(attrs):
            self._fault(f"an attribute twice in {self.get_starttag_text()}")
        if "id" in given:
            self.ids.append(given["id"])
        if tag == "script" and "src" not in given and given.get("type") != DATA:
            self._fault("a script of its own")
        if any(n.startswith("on") or _is_code(n, v) for n, v in given.items()):
            self._fault(f"a script of its own in {self.get_starttag_text()}")
        if given.get("type") == "password" and given.get("value"):
            self._fault(f"a secret is printed back in {given.get('name')}")

    def _fault(self, what: str) -> None:
        self.faults.append(f"line {self.getpos()[0]}: {what}")


def _is_code(name: str, value: str) -> bool:
    """What somebody typed into a field comes back as its value, and nothing runs it."""
    return value.startswith(CODE) and name != "value"


def faults(html: str) -> list[str]:
    """What is wrong with a page or a part of one, with the number of the line."""
    markup = _Markup(html)
    unclosed = [f"<{tag}> has no end" for tag in markup.open]
    twice = [f'id="{id}" {n} times' for id, n in Counter(markup.ids).items() if n > 1]
    return [*markup.faults, *unclosed, *twice]


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
