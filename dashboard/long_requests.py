"""What is answered to a request that is longer than what is read: its address, its
headers or its body.
"""

from __future__ import annotations

import copy
import json
import re
from functools import cache
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from waitress.adjustments import Adjustments
from waitress.parser import HTTPRequestParser
from waitress.utilities import (
    Error,
    RequestEntityTooLarge,
    RequestHeaderFieldsTooLarge,
)

from dashboard.addresses import API_V1

# A filter of a thousand long values, of which Django reads no more, fits in.
MOST_BYTES = 262_144
MOST_PASSED_OVER = 4_000_000
END = b"\r\n\r\n"
# Forms and calls are small. What is pushed has limits of its own, which are told in the
# words of the vendor: they lie below these.
MOST_BODY_BYTES = 8_000_000
MOST_PUSHED_BYTES = {
    re.compile(r"/api/v1/intake/"): 540_000_000,
    re.compile(
        r"/intake/|/api/(v1/(projects/\d+/)?automation/|reporter|load)"
    ): 40_000_000,
}
# What is pushed and larger is read to its end: a client that still sends hears nothing.
MOST_BODY_PASSED_OVER = 1_000_000_000
SENTENCE = (
    f"The {{what}} of this request takes more than the {MOST_BYTES // 1024} kB that are "
    "read. Ask with fewer or shorter values."
)


class TooLong(Error):
    """JSON below the API's path, a page elsewhere."""

    def __init__(self, target: str, *, is_address: bool) -> None:
        self.code = 414 if is_address else 431
        self.reason = (
            "URI Too Long" if is_address else "Request Header Fields Too Large"
        )
        super().__init__(SENTENCE.format(what="address" if is_address else "header"))
        # The path of a proxy may be left on or not.
        path = target.removeprefix(settings.FORCE_SCRIPT_NAME)
        self.is_of_api = path.startswith(API_V1)

    # The stubs say that the body is a text; waitress itself gives and takes bytes.
    def to_response(  # type: ignore[override]
        self, ident: Any = None
    ) -> tuple[str, list[tuple[str, str]], bytes]:
        if self.is_of_api:
            kind, text = "application/json", json.dumps({"detail": self.body})
        else:
            kind = "text/html; charset=utf-8"
            context = {"theme": "", "sentence": self.body}
            text = render_to_string("414.html", context)
        return (
            f"{self.code} {self.reason}",
            [("Content-Type", kind)],
            text.encode(),
        )


class TooLarge(Error):
    """413 in JSON, under the names of our API and of the vendors'."""

    code = 413
    reason = "Content Too Large"

    def __init__(self, most_bytes: int) -> None:
        super().__init__(f"A body has {most_bytes:,} bytes at most here.")

    def to_response(  # type: ignore[override]
        self, ident: Any = None
    ) -> tuple[str, list[tuple[str, str]], bytes]:
        text = json.dumps({"detail": self.body, "message": self.body})
        kind = [("Content-Type", "application/json")]
        return f"{self.code} {self.reason}", kind, text.encode()


class Parser(HTTPRequestParser):
    """waitress' own, which would answer with a text that names no way out, and hang up
    while the client still sends, so that it sees no answer.
    """

    # Not declared where it is set.
    path: str
    _refused: TooLong | None = None
    _too_large: TooLarge | None = None
    _passed_over = 0
    _last = b""

    def parse_header(self, header_plus: bytes) -> None:
        super().parse_header(header_plus)
        self.adj = _with_room(self.adj, _most_body_bytes(self.path))

    def received(self, data: bytes) -> int:
        if self._refused is not None and not self.completed:
            return self._pass_over(data)
        if self._too_large is not None and not self.completed:
            return self._pass_over_body(len(data))
        before = self.header_plus
        taken: int = super().received(data)
        if isinstance(self.error, RequestEntityTooLarge) and self._is_pushed:
            self._refuse_body()
        if isinstance(self.error, RequestHeaderFieldsTooLarge):
            self._refused, self.error = _too_long(before + data), None
            self.completed = False
            return self._pass_over(data)
        return taken

    @property
    def _is_pushed(self) -> bool:
        return self.adj.max_request_body_size != MOST_BODY_BYTES

    def _refuse_body(self) -> None:
        self._too_large = TooLarge(self.adj.max_request_body_size)
        if self.body_bytes_received or self.content_length > MOST_BODY_PASSED_OVER:
            # Where it ends is not known, or not soon.
            self.error = self._too_large
        else:
            self.error, self.completed = None, False

    def _pass_over_body(self, count: int) -> int:
        taken = min(count, self.content_length - self._passed_over)
        self._passed_over += taken
        if self._passed_over == self.content_length:
            self.error, self.completed = self._too_large, True
        return taken

    def _pass_over(self, data: bytes) -> int:
        """Take what is left of the head, and then answer."""
        self._passed_over += len(data)
        is_over = END in self._last + data or self._passed_over > MOST_PASSED_OVER
        self._last = data[-len(END) :]
        if is_over:
            self.error, self.completed = self._refused, True
        return len(data)


def _most_body_bytes(path: str) -> int:
    # The path of a proxy may be left on or not.
    path = path.removeprefix(settings.FORCE_SCRIPT_NAME)
    limits = (most for form, most in MOST_PUSHED_BYTES.items() if form.match(path))
    return next(limits, MOST_BODY_BYTES)


@cache
def _with_room(adjustments: Adjustments, most_bytes: int) -> Adjustments:
    """The same for every request but for the size of its body."""
    changed = copy.copy(adjustments)
    changed.max_request_body_size = most_bytes
    return changed


def _too_long(head: bytes) -> TooLong:
    line, end, _ = head.lstrip().partition(b"\r\n")
    words = line.decode("latin-1").split(" ", 2)
    is_address = not end or 2 * len(line) > MOST_BYTES
    return TooLong(words[1] if len(words) > 1 else "", is_address=is_address)
