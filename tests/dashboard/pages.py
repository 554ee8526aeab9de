"""People, and what a page said, for the tests of the pages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from html import unescape
from html.parser import HTMLParser
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from django.test import Client

from dashboard.celery import app
from tests.services import free_port

PASSWORD = "a long word of mara"


@contextmanager
def queue_gone() -> Iterator[None]:
    """Celery's broker at an address where nothing listens."""
    before = app.conf.broker_url
    try:
        _use_broker(f"redis://127.0.0.1:{free_port()}/0")
        yield
    finally:
        _use_broker(before)


def _use_broker(url: str) -> None:
    app.conf.broker_url = app.conf.broker_write_url = app.conf.broker_read_url = url
    # Both are made anew, for this address.
    app._pool = app.amqp._producer_pool = None


def person(name: str = "mara", **values: Any) -> User:
    """Somebody whose password is PASSWORD."""
    password = _hashed(settings.PASSWORD_HASHERS[0])
    return User.objects.create(username=name, password=password, **values)


@cache
def _hashed(hasher: str) -> str:
    """PASSWORD as this hasher stores it, once: a real one takes a third of a second."""
    return make_password(PASSWORD)


def logged_in(user: User) -> Client:
    client = Client(enforce_csrf_checks=False)
    client.force_login(user)
    return client


class _Form(HTMLParser):
    """The fields of the POST form whose action begins with `action`, as sent."""

    def __init__(self, action: str) -> None:
        super().__init__()
        self.action, self.is_inside = action, False
        self.fields: dict[str, Any] = {}
        self.buttons: dict[str, dict[str, str | None]] = {}
        self._select = ""

    def handle_starttag(self, tag: str, attributes: Any) -> None:
        given = dict(attributes)
        if tag == "form":
            is_post = given.get("method") == "post"
            self.is_inside = is_post and given.get("action", "").startswith(self.action)
        if not self.is_inside:
            return
        name = given.get("name", "")
        if tag == "input" and name:
            self._input(name, given)
        elif tag == "select":
            self._select = name
        elif tag == "option" and "selected" in given:
            self.fields[self._select] = given["value"]
        elif tag == "button" and name:
            self.buttons[given["value"]] = given

    def _input(self, name: str, given: dict[str, Any]) -> None:
        kind = given.get("type", "text")
        if kind == "checkbox":
            boxes = self.fields.setdefault(name, [])
            if "checked" in given:
                boxes.append(given["value"])
        elif kind != "radio" or "checked" in given:
            self.fields[name] = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.is_inside = False


def form_of(page: str, action: str = "/connect/?") -> _Form:
    """What a browser without JavaScript would send for this form."""
    form = _Form(action)
    form.feed(page)
    form.fields.pop("csrfmiddlewaretoken", None)
    return form


def text_of(answer: Any) -> str:
    return unescape(answer.content.decode())
