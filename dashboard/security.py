"""What every answer and every log line must keep to: headers, and no secrets."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from functools import cache

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from dashboard.addresses import SHARED

# Of an element without text: Plotly makes one, and writes its rules by the browser's own
# functions, which a policy lets pass.
EMPTY_STYLE = "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"
INLINE = "'unsafe-inline'"


@cache
def policy(evidence: tuple[str, ...] = (), style_elements: str = EMPTY_STYLE) -> str:
    """The policy of every page; pictures and videos may come from the origins `evidence`
    too. No script and no style sheet is inline. Attributes are, which style the element
    that they stand at alone: the widths of bars are data.
    """
    media = " ".join(("'self'", *evidence))
    return "; ".join(
        [
            "default-src 'none'",
            "script-src 'self'",
            # Of browsers that do not know the two below it.
            f"style-src 'self' {INLINE}",
            f"style-src-elem 'self' {style_elements}",
            f"style-src-attr {INLINE}",
            f"img-src {media} data: blob:",
            f"media-src {media}",
            "font-src 'self'",
            "connect-src 'self'",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        ]
    )


# What every answer says that does not say it in another way.
HEADERS = {
    # Nobody else's page takes what is here for a picture or a script of its own.
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


SECRETS = re.compile(
    r"(?i)(authorization['\"]?\s*[:=]\s*['\"]?(?:bearer |token |basic )?"
    r"|\bbearer\s+"
    r"|\b(?:api_?key|api_token|access_token|jwt|password|secret|token)['\"]?"
    r"\s*[:=]\s*['\"]?"
    r"|://[^/\s:@]*:(?=[^/\s@]+@)"
    # The token of a share or of an embed stands in its address.
    r"|(?:/|%2f)(?:s|embed)(?:/|%2f)(?=[\w-]{20})"
    # So do those of links that make a user, or a password of the user named before it.
    r"|(?:/|%2f)(?:invitation|set-password(?:/|%2f)[\w-]+)(?:/|%2f))"
    r"([^\s'\"&,;@)}\]]+)"
)


# What a token opens is kept by nobody and named to nobody, whatever became of it.
OF_SHARES = {
    "X-Robots-Tag": "noindex",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "private, no-store",
}


def unlisted_below_shares(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware, above whatever answers instead of a page."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if request.path_info.startswith(SHARED):
            for name, value in OF_SHARES.items():
                response.headers[name] = value
        return response

    return middleware


def with_strict_headers(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: a policy, and more, for every answer that does not bring its own."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        said = policy(tuple(settings.EVIDENCE_HOSTS))
        response.headers.setdefault("Content-Security-Policy", said)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        return response

    return middleware


def redact(text: str) -> str:
    """`text` without what looks like a credential."""
    return SECRETS.sub(r"\1***", text)


# What would begin a line of its own, or change how a terminal shows the others.
_CONTROLS = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]")


class RedactingFormatter(logging.Formatter):
    """The last door before stderr: it also sees tracebacks, which filters do not."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        line = super().formatMessage(record)
        return _CONTROLS.sub(lambda sign: f"\\x{ord(sign[0]):02x}", line)

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))
