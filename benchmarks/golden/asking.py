"""One request, and what is kept of its answer."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from django.conf import settings
from django.core.cache import caches
from django.db import transaction
from django.test import Client

from benchmarks.golden import printed
from benchmarks.golden.world import forget_throttles

# The length follows from the body, which is kept itself, or from what is masked in it.
UNTOLD = frozenset(["content-length", "date", "expires", "last-modified"])
RANDOM_COOKIES = frozenset(["csrftoken", "sessionid", "messages", "device"])
PORT = re.compile(r"127\.0\.0\.1(:|%3A)\d{4,5}")
# What no clock and no seed decides, with what is shown instead.
MASKS = (
    (re.compile(r"(/static/[^\s\"'?]+)\.[0-9a-f]{12}(\.\w+)"), r"\1\2"),
    (PORT, r"127.0.0.1\1PORT"),
    (re.compile(r"(test took )[\d.,]+\s*m?s"), r"\1… ms"),
)
LONGEST_NAME = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """`who`: mara or otto, who are signed in, stranger (PUBLIC_READ is off) or reader
    (it is on). `data` makes it a POST, after which everything is as it was before, unless
    it `is_kept`; `label` tells it from others to the same address.
    """

    path: str
    who: str = "mara"
    headers: Mapping[str, str] = field(default_factory=dict)
    theme: str = ""
    data: Mapping[str, Any] | None = None
    label: str = ""
    is_kept: bool = False
    folder: str = ""

    @property
    def name(self) -> str:
        """The file that it is kept in: the same for parameters in another order."""
        split = urlsplit(self.path)
        query = sorted(parse_qsl(split.query, keep_blank_values=True))
        words = [split.path.strip("/").replace("/", "_") or "root"]
        # What a cursor holds is no part of what it stands for.
        query = [(name, "…" if name == "cursor" else value) for name, value in query]
        words += [f"{name}={value}" for name, value in query]
        words += [f"{k}-{v}" for k, v in sorted(self.headers.items())]
        words += [self.theme] if self.theme else []
        if self.data is not None:
            words += ["POST", self.label]
        whole = PORT.sub("127.0.0.1", "&".join(words))
        short = re.sub(r"[^\w.=&-]+", "_", whole)
        if len(short) > LONGEST_NAME or short != whole:
            digest = hashlib.sha256(whole.encode()).hexdigest()[:6]
            short = f"{short[:LONGEST_NAME]}~{digest}"
        return f"{self.folder or self.who}/{short}.txt"


class Recorder:
    """Asks as one of four, writes what came back, and gives it to whoever goes on."""

    def __init__(self, folder: Path, only: str = "") -> None:
        self.folder = folder
        self._only = re.compile(only)
        self.names: set[str] = set()
        self.broken: list[str] = []
        self._sessions: dict[str, str] = {}

    def sign_in(self, users: Mapping[str, Any]) -> None:
        for name, user in users.items():
            client = Client()
            client.force_login(user)
            self._sessions[name] = client.cookies[settings.SESSION_COOKIE_NAME].value

    def ask(self, asked: Asked) -> str:
        """The body of the answer, "" where this was asked before or is not wanted."""
        is_wanted = bool(self._only.search(asked.path))
        if asked.name in self.names or not (is_wanted or asked.is_kept):
            return ""
        self.names.add(asked.name)
        forget_throttles()
        settings.PUBLIC_READ = asked.who == "reader"
        if asked.data is None or asked.is_kept:
            return self._answered(asked, self._client(asked))
        with transaction.atomic():
            body = self._answered(asked, self._client(asked))
            transaction.set_rollback(True)
        # What was remembered meanwhile is of a state that never was.
        caches["default"].clear()
        return body

    def read(self, path: str, who: str = "mara") -> str:
        """A page that is kept nowhere."""
        return _body(self._client(Asked(path=path, who=who)).get(path))

    def _client(self, asked: Asked) -> Client:
        client = Client(HTTP_HOST="127.0.0.1", raise_request_exception=False)
        if asked.who in self._sessions:
            client.cookies[settings.SESSION_COOKIE_NAME] = self._sessions[asked.who]
        if asked.theme:
            client.cookies["theme"] = asked.theme
        return client

    def _answered(self, asked: Asked, client: Client) -> str:
        headers = dict(asked.headers)
        if asked.data is None:
            answer = client.get(asked.path, headers=headers)
        else:
            answer = client.post(asked.path, dict(asked.data), headers=headers)
        body = _body(answer)
        lines = [*_head(asked), "", *_told(answer), "", *_printed(answer, body)]
        if asked.data is not None and 300 <= answer.status_code < 400:
            after = client.get(answer.headers["Location"])
            lines += ["", "then", "", *_told(after), "", *_printed(after, _body(after))]
        if answer.status_code >= 500:
            self.broken.append(f"{answer.status_code} {asked.path}")
        self._write(asked.name, lines)
        return body

    def _write(self, name: str, lines: list[str]) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _body(answer: Any) -> str:
    content = b"".join(answer) if answer.streaming else answer.content
    text = content.decode("utf-8", "replace")
    for pattern, shown in MASKS:
        text = pattern.sub(shown, text)
    return text


def _head(asked: Asked) -> list[str]:
    method = "GET" if asked.data is None else "POST"
    lines = [f"{method} {PORT.sub('127.0.0.1:PORT', asked.path)}", f"as {asked.who}"]
    lines += [f"theme {asked.theme}"] if asked.theme else []
    lines += [f"{name}: {value}" for name, value in sorted(asked.headers.items())]
    for name, value in sorted((asked.data or {}).items()):
        lines.append(PORT.sub("127.0.0.1:PORT", f"  {name}={value}"))
    return lines


def _told(answer: Any) -> list[str]:
    headers = {name.lower(): value for name, value in answer.headers.items()}
    lines = [f"status {answer.status_code}"]
    for name in sorted(headers.keys() - UNTOLD):
        lines.append(f"{name}: {PORT.sub('127.0.0.1:PORT', headers[name])}")
    for name, morsel in sorted(answer.cookies.items()):
        value = "…" if name in RANDOM_COOKIES else morsel.value
        lines.append(f"cookie {name}={value} max-age={morsel['max-age']}")
    return lines


def _printed(answer: Any, body: str) -> list[str]:
    kind = answer.headers.get("Content-Type", "")
    if not body:
        return []
    if kind.startswith("text/html"):
        return printed.html(body)
    if "ndjson" not in kind and "json" in kind:
        return printed.as_json(body)
    return body.split("\n")
