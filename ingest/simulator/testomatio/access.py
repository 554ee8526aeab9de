"""Who is let in: tokens, passwords, and the JWTs of the classic API that expire."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Callable
from urllib.parse import parse_qs

from ingest.simulator.server import Request

TOKEN = "testomat_simulatedGENERALtoken0123456789"
PROJECT_TOKENS = {
    "tstmt_simulatedCLINIC0123": "clinic-planner",
    "tstmt_simulatedPARCEL0123": "parcel-tracker",
}
# How the token of any other project begins; its slug follows.
PROJECT_TOKEN = "tstmt_simulated_"
# A general token of a person who may only read.
READ_ONLY_TOKEN = "testomat_simulatedREADONLYtoken0123456"
EMAIL, PASSWORD = "ada@example.com", "correct horse battery staple"


def project_token(slug: str) -> str:
    named = {own: token for token, own in PROJECT_TOKENS.items()}
    return named.get(slug, PROJECT_TOKEN + slug)


def slug_of(token: str) -> str:
    """The project that the token opens; "" when it is no project's token."""
    if token in PROJECT_TOKENS:
        return PROJECT_TOKENS[token]
    is_project = token.startswith(PROJECT_TOKEN)
    return token.removeprefix(PROJECT_TOKEN) if is_project else ""


def bearer(request: Request) -> str:
    """The Authorization header, with or without its scheme."""
    return request.header("authorization").removeprefix("Bearer ").strip()


def may_log_in(request: Request) -> bool:
    """Whether the body, JSON or form, holds the general token or e-mail and password.

    Project tokens are for imports and reports: they cannot log in here.
    """
    given = _fields(request)
    if given.get("api_token") == TOKEN:
        return True
    return given.get("email") == EMAIL and given.get("password") == PASSWORD


def api_key(request: Request) -> str:
    """The project token of the Reporter API: in the body or in the query."""
    key = _fields(request).get("api_key") or request.get("api_key")
    return key if isinstance(key, str) else ""


def _fields(request: Request) -> dict[str, object]:
    if "form-urlencoded" in request.header("content-type"):
        pairs = parse_qs(request.body.decode("utf-8", "replace"))
        return {name: values[-1] for name, values in pairs.items()}
    try:
        parsed = request.json()
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}


class Jwts:
    """The JWTs given out since the start; each is valid for a time or some requests."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._issued: dict[str, float] = {}
        self._uses: dict[str, int] = {}

    def issue(self) -> str:
        with self._lock:
            number = len(self._issued) + 1
            jwt = ".".join((_part({"alg": "HS256"}), _part({"jti": number}), "c2ln"))
            self._issued[jwt], self._uses[jwt] = self._monotonic(), 0
            return jwt

    def is_valid(self, jwt: str, life: float, uses: int | None) -> bool:
        """Counts as a use. `life` is in seconds; `uses` is None for any number."""
        with self._lock:
            if jwt not in self._issued:
                return False
            self._uses[jwt] += 1
            if uses is not None and self._uses[jwt] > uses:
                return False
            return self._monotonic() - self._issued[jwt] < life


def _part(content: dict[str, object]) -> str:
    raw = json.dumps(content).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
