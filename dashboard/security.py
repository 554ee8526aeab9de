"""What every answer and every log line must keep to: headers, and no secrets."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

# Plotly writes style elements and style attributes; no script of ours is inline.
POLICY = "; ".join(
    [
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    ]
)

SECRETS = re.compile(
    r"(?i)(authorization['\"]?\s*[:=]\s*['\"]?(?:bearer |token |basic )?"
    r"|\bbearer\s+"
    r"|\b(?:api_?key|api_token|access_token|jwt|password|secret|token)['\"]?"
    r"\s*[:=]\s*['\"]?"
    r"|://[^/\s:@]*:(?=[^/\s@]+@))"
    r"([^\s'\"&,;@)}\]]+)"
)


def content_security_policy(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: a policy for every answer that does not bring its own."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.headers.setdefault("Content-Security-Policy", POLICY)
        return response

    return middleware


def redact(text: str) -> str:
    """`text` without what looks like a credential."""
    return SECRETS.sub(r"\1***", text)


class RedactingFormatter(logging.Formatter):
    """The last door before stderr: it also sees tracebacks, which filters do not."""

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))
