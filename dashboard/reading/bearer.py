"""The token that a request to the API brings."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest

from dashboard.models import ApiToken

_KEPT_AS = "_passline_bearer"


@dataclass(frozen=True, slots=True)
class Bearer:
    """`token` is None where what was sent is no token that is valid."""

    token: ApiToken | None


def bearer_of(request: HttpRequest) -> Bearer | None:
    """None for a request without a token; each request's is looked up once."""
    if not hasattr(request, _KEPT_AS):
        setattr(request, _KEPT_AS, _read(request))
    found: Bearer | None = getattr(request, _KEPT_AS)
    return found


def _read(request: HttpRequest) -> Bearer | None:
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        return None
    return Bearer(ApiToken.valid(text.strip()))
