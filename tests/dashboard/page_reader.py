"""People, and what a page said, for the tests of the pages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from html import unescape
from typing import Any

from django.contrib.auth.models import User
from django.test import Client
from selectolax.lexbor import LexborHTMLParser, LexborNode

from dashboard.celery import app
from dashboard.models import set_role
from dashboard.readers import Role
from tests.services import free_port

PASSWORD = "a long word of mara"


def queue_gone() -> AbstractContextManager[None]:
    """Celery's broker at an address where nothing listens."""
    return queue_at(f"redis://127.0.0.1:{free_port()}/0")


@contextmanager
def queue_at(url: str) -> Iterator[None]:
    before = app.conf.broker_url
    try:
        _use_broker(url)
        yield
    finally:
        _use_broker(before)


def _use_broker(url: str) -> None:
    app.conf.broker_url = app.conf.broker_write_url = app.conf.broker_read_url = url
    # Both are made anew, for this address.
    app._pool = app.amqp._producer_pool = None


def person(name: str = "mara", role: Role = Role.EDITOR, **values: Any) -> User:
    """Somebody whose password is PASSWORD."""
    user = User.objects.create_user(name, password=PASSWORD, **values)
    if not user.is_superuser:
        set_role(user, role)
    return user


def logged_in(user: User) -> Client:
    client = Client(enforce_csrf_checks=False)
    client.force_login(user)
    return client


@dataclass
class Form:
    """What a browser without JavaScript would send, and the buttons by their values."""

    fields: dict[str, Any] = field(default_factory=dict)
    buttons: dict[str, dict[str, str | None]] = field(default_factory=dict)

    def take(self, node: LexborNode) -> None:
        """One element that has a name."""
        given = node.attributes
        name, value = given["name"] or "", given.get("value") or ""
        is_off = given.get("type") in ("checkbox", "radio") and "checked" not in given
        if node.tag == "button":
            self.buttons[value] = given
        elif node.tag == "select":
            for option in node.css("option[selected]"):
                self.fields[name] = option.attrs["value"]
        elif given.get("type") == "checkbox":
            self.fields.setdefault(name, []).extend([] if is_off else [value])
        elif not is_off:
            self.fields[name] = value


def form_of(page: str, action: str = "/connect/?") -> Form:
    """The first POST form whose action begins with `action`."""
    form = Form()
    found = LexborHTMLParser(page).css_first(f'form[method="post"][action^="{action}"]')
    for node in found.css("input[name], select[name], button[name]") if found else ():
        form.take(node)
    form.fields.pop("csrfmiddlewaretoken", None)
    return form


def text_of(answer: Any) -> str:
    return unescape(answer.content.decode())
