"""The body of a pushed request: JSON of a limited size, compressed or not."""

from __future__ import annotations

import zlib
from typing import Any, NoReturn

from django.http import HttpRequest

from dashboard.intake.access import RefusedError
from ingest.decoding import OF_PUSHES, TooComplexError, decoded

# 250 tests, of which the vendors' clients send no more at once, each with 128 kB.
MOST_BYTES = 32_000_000
_GZIP_WINDOW = 16 + zlib.MAX_WBITS
_TOO_LARGE = f"The body has more than {MOST_BYTES:,} bytes; send it in parts."


def json_of(request: HttpRequest) -> Any:
    """The JSON of a body, {} where there is none. RefusedError has the status 400, 413
    or 415.
    """
    content = _content(request)
    if not content:
        return {}
    if request.content_type != "application/json":
        raise RefusedError(415, "Content-Type must be application/json.")
    try:
        return decoded(content, OF_PUSHES, _refuse_constant)
    except TooComplexError as error:
        raise RefusedError(413, f"The body has {error}; send it in parts.") from None
    except ValueError:
        # The parser's own words repeat what somebody sent.
        raise RefusedError(400, "The body is not valid JSON.") from None


def _content(request: HttpRequest) -> bytes:
    encoding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in ("identity", "gzip"):
        raise RefusedError(415, "Content-Encoding must be gzip or nothing.")
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdigit() or int(length) > MOST_BYTES:
        raise RefusedError(413, _TOO_LARGE)
    content = request.read(MOST_BYTES + 1)
    if encoding == "gzip" and content:
        content = _unpacked(content)
    if len(content) > MOST_BYTES:
        raise RefusedError(413, _TOO_LARGE)
    return content


def _unpacked(content: bytes) -> bytes:
    """At most one byte more than may be; what comes behind the first stream is none."""
    packed = zlib.decompressobj(_GZIP_WINDOW)
    try:
        unpacked = packed.decompress(content, MOST_BYTES + 1)
    except zlib.error:
        raise RefusedError(400, "The body is not valid gzip.") from None
    if len(unpacked) <= MOST_BYTES and (not packed.eof or packed.unused_data):
        raise RefusedError(400, "The body is not one whole gzip stream.")
    return unpacked


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)
