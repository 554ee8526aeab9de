"""What is answered to a request whose address or headers are longer than what is read."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from waitress.parser import HTTPRequestParser
from waitress.utilities import Error, RequestHeaderFieldsTooLarge

from dashboard.addresses import API_V1

# A filter of a thousand long values, of which Django reads no more, fits in.
MOST_BYTES = 262_144
MOST_PASSED_OVER = 4_000_000
END = b"\r\n\r\n"
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


class Parser(HTTPRequestParser):
    """waitress' own, which would answer with a text that names no way out, and hang up
    while the client still sends, so that it sees no answer.
    """

    _refused: TooLong | None = None
    _passed_over = 0
    _last = b""

    def received(self, data: bytes) -> int:
        if self._refused is not None and not self.completed:
            return self._pass_over(data)
        before = self.header_plus
        taken: int = super().received(data)
        if isinstance(self.error, RequestHeaderFieldsTooLarge):
            self._refused, self.error = _too_long(before + data), None
            self.completed = False
            return self._pass_over(data)
        return taken

    def _pass_over(self, data: bytes) -> int:
        """Take what is left of the head, and then answer."""
        self._passed_over += len(data)
        is_over = END in self._last + data or self._passed_over > MOST_PASSED_OVER
        self._last = data[-len(END) :]
        if is_over:
            self.error, self.completed = self._refused, True
        return len(data)


def _too_long(head: bytes) -> TooLong:
    line, end, _ = head.lstrip().partition(b"\r\n")
    words = line.decode("latin-1").split(" ", 2)
    is_address = not end or 2 * len(line) > MOST_BYTES
    return TooLong(words[1] if len(words) > 1 else "", is_address=is_address)
