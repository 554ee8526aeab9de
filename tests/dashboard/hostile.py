"""What anybody may write into an address, a form or a header, and a walk that does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import cycle
from typing import Any, ClassVar

import pytest
from django.core.handlers.wsgi import WSGIRequest
from django.db import transaction
from django.http import QueryDict
from django.test import Client


def _split(text: str) -> list[str]:
    return text.split()


# As they stand in an address, so that some are no UTF-8.
VALUES = [
    "",
    "9" * 5000,
    "x" * 3000,
    *map(str, (2**31, 2**63 - 1, 2**63, 10**30)),
    *_split("""
    0 -1 1 0.5 NaN Infinity -inf 1e999 %00 a%00b %FF%FE %ED%A0%80 %C2%B2 %D9%A3 %EF%BC%91
    %F0%9F%98%80 %E2%80%AE %0D%0Ax:+y 0001-01-01 9999-12-31 1970-01-01 2199-12-31
    2026-02-30 0001-01-01T00:00:00%2B23:59 9999-12-31T23:59:59.999999-23:59 1d 0d 36500d
    99999999d % %25_%5C '%22%3C%7B%7B ..%2F..%2F http:%2F%2F[ all failed day csv ndjson md
    none"""),
]
COMMON = _split("""
    project connection tool source configuration milestone branch case status q since until
    window latest final signature message default_branch sort as_of""")
OF_PAGES = _split("""
    attempts base before category cause change cursor find head kept lanes min_executions
    min_rate page reason run runs sample state theme thread token totals vendor view word""")
OF_THE_API = _split("""
    base bucket by category cursor find format head limit min_executions min_rate retired
    state""")
OF_FORMS = _split("""
    alias_of back base_url branch case chosen configuration confirm do email interval
    issue_url listed member name next other owner password password1 password2 project
    reach reason runs seen status text token until username verdict word""")
# What a form of ours would send, so that a hostile value beside it gets far.
PLAIN = {
    "do": "test",
    "password": "x",
    "reason": "r",
    "status": "failed",
    "until": "2199-01-01",
    "username": "mara",
    "verdict": "excluded",
    "word": "odd",
}
# More parameters than Django reads, one said too often, and what is hardly a query.
TOO_MANY = "&".join(f"a{number}=1" for number in range(1001))
QUERIES = [
    TOO_MANY,
    "&".join(["project=1"] * 900),
    "&&&==&=&a[]=1;b=2&%&%3D=%26&?&\x7f",
    "%00=%00&%FF=%FF",
]
WAYS_BACK = [
    "",
    "/" + "x" * 20_000,
    "x" * 20_000,
    *_split("""
    foo foo.bar login overview run dashboard:views /login/ /theme/ /theme/?next=/theme/
    //evil.example ///evil.example /%5Cevil.example http:evil.example http://[ /[
    javascript:alert(1) data:,x mailto:a@b . .. /%00 /%0D%0AX:%20y /%FF /%ED%A0%80
    %F0%9F%98%80 ? %23 %25"""),
]
IDS = (0, 2**31, 2**63, 10**30)
HEADERS = {
    "Cookie": "theme=%00; device=a:b:c; sessionid=\xff; messages=W1sx; csrftoken=x",
    "X-Forwarded-For": "nobody, [::1, 999.1.1.1",
    "X-Forwarded-Proto": "ftp",
    "HX-Request": "\xff",
    "HX-Target": "freshness",
    "Accept": "\xff/*;q=x",
    "Accept-Encoding": "gzip;q=x",
    "If-Modified-Since": "yesterday",
    "If-None-Match": "\xff",
    "Range": "bytes=9-1",
}


class Walk:
    """Requests, each undone afterwards; `failed` says which ended in an error of ours."""

    def __init__(self, *clients: Client) -> None:
        self.clients = cycle(clients)
        self.failed: list[str] = []
        self.count = 0

    def get(self, address: str, **more: Any) -> None:
        self.count += 1
        # HEAD is answered by the same code.
        self._ask("head" if self.count % 10 == 0 else "get", address, **more)

    def post(self, address: str, body: str) -> None:
        form = "application/x-www-form-urlencoded"
        self._ask("post", address, body, content_type=form)

    def _ask(self, method: str, address: str, *body: str, **more: Any) -> None:
        client = next(self.clients)
        try:
            with transaction.atomic():
                answer = getattr(client, method)(address, *body, **more)
                if answer.streaming:
                    b"".join(answer.streaming_content)
                transaction.set_rollback(True)
            said = "" if answer.status_code < 500 else str(answer.status_code)
        except Exception as error:
            said = f"{type(error).__name__}: {error}"[:200]
        if said:
            self.failed.append(f"{' '.join((method, address, *body))[:1500]} -> {said}")


class Form(QueryDict):
    """What is sent to us, that notes which fields are looked at."""

    looked_at: ClassVar[set[str]] = set()

    def __getitem__(self, name: str) -> Any:
        self.looked_at.add(name)
        return super().__getitem__(name)

    def __contains__(self, name: object) -> bool:
        self.looked_at.add(str(name))
        return super().__contains__(name)

    def getlist(self, name: str, default: Any = None) -> list[Any]:
        self.looked_at.add(name)
        return super().getlist(name, default)

    def __iter__(self) -> Iterator[str]:
        self.looked_at.update(OF_FORMS)
        return super().__iter__()

    def keys(self) -> Any:
        self.looked_at.update(OF_FORMS)
        return super().keys()

    def lists(self) -> Any:
        self.looked_at.update(OF_FORMS)
        return super().lists()


@contextmanager
def looked_at() -> Iterator[set[str]]:
    """Which fields of forms are looked at meanwhile; what another holds changes nothing."""
    sent = WSGIRequest.POST

    def noting(request: WSGIRequest) -> QueryDict:
        form: QueryDict = sent.fget(request)
        if type(form) is QueryDict:
            form.__class__ = Form
        return form

    Form.looked_at.clear()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WSGIRequest, "POST", property(noting, sent.fset))
        yield Form.looked_at


def packed(names: Iterable[str], start: int) -> str:
    """All of the names at once, each with another value than its neighbours."""
    return "&".join(f"{name}={value_at(start + 7 * n)}" for n, name in enumerate(names))


def value_at(place: int) -> str:
    return VALUES[place % len(VALUES)]
