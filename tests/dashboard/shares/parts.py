"""A share made by an editor, and what a visitor of it sees."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from django.contrib.auth.models import User
from django.test import Client
from selectolax.lexbor import LexborHTMLParser

from tests.dashboard.page_reader import logged_in

API = "/api/v1/shares/"


def shared(owner: User, path: str, **values: Any) -> str:
    """The path of a new share of the owner."""
    body = {"path": path, "expires_at": None, "pinned": False, **values}
    answer = logged_in(owner).post(API, body, content_type="application/json")
    assert answer.status_code == 201, answer.content
    return urlsplit(answer.json()["url"]).path


def visited(path: str, **headers: str) -> Any:
    """What somebody without an account is answered."""
    return Client().get(path, headers=headers)


def links_of(page: Any) -> Iterator[str]:
    """Every path of this host in a page that is no file, in whichever attribute."""
    tree = LexborHTMLParser(page.content.decode())
    for node in tree.css("*"):
        for value in node.attributes.values():
            if value and value.startswith("/") and not value.startswith("/static/"):
                yield value
    for script in tree.css('script[type="application/json"]'):
        yield from re.findall(r'"href": "(/[^"]*)"', script.text())


def leads_out(href: str, root: str) -> bool:
    """Whether it is neither below the token nor the switch of the theme that leads back."""
    if href.startswith("/theme/"):
        return "next=%2Fs%2F" not in href
    return href.startswith("/") and href != root and not href.startswith(f"{root}/")
