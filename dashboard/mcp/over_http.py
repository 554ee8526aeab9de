"""The server for many programs over HTTP, each request with the rights of its own token."""

from __future__ import annotations

import ipaddress
import logging
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import anyio
import anyio.to_thread
import uvicorn
from django.conf import settings
from django.db import connections
from django.http.request import split_domain_port, validate_host
from mcp.server.transport_security import TransportSecuritySettings
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from dashboard.addresses import known_site
from dashboard.api.access import NOT_VALID, PerCaller, seconds_left, what_it_lacks
from dashboard.mcp.server import make_server
from dashboard.models import ApiToken
from dashboard.models import Scope as TokenScope

logger = logging.getLogger(__name__)
PATH = "/mcp"
MOST_BODY_BYTES = 256 * 1024
# For a request with all that it asks the database for.
LONGEST_S = 120
MOST_CONNECTIONS = 100
_EVERYWHERE = {"0.0.0.0", "::", ""}  # nosec B104 # compared, not bound


@dataclass(frozen=True, slots=True)
class Refusal:
    status: int
    sentence: str
    headers: dict[str, str] = field(default_factory=dict)


def serve(listener: socket.socket, host: str, say: Callable[[str], None]) -> None:
    """Until SIGTERM; `say` is told the address once it is answered."""
    server = make_server(lambda context: bearer_of(context.request) or "")
    app = server.streamable_http_app(
        streamable_http_path=PATH,
        stateless_http=True,
        json_response=True,
        max_request_body_size=MOST_BODY_BYTES,
        # Hosts are checked below, by the rule of the pages.
        transport_security=TransportSecuritySettings(
            enable_dns_rebinding_protection=False
        ),
    )
    config = uvicorn.Config(
        Guard(app, host),
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        ws="none",
        limit_concurrency=MOST_CONNECTIONS,
        timeout_graceful_shutdown=10,
    )
    port = listener.getsockname()[1]
    named = f"[{host}]" if ":" in host else host
    _Server(config, lambda: say(f"http://{named}:{port}{PATH}")).run([listener])


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, started: Callable[[], None]) -> None:
        super().__init__(config)
        self._say_started = started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._say_started()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """An end that was asked for is no failure: uvicorn would raise the signal again."""
        for one in (signal.SIGTERM, signal.SIGINT):
            signal.signal(one, self.handle_exit)
        yield


class Guard:
    """Lets through who has a token that may read, from where pages are asked for too."""

    def __init__(self, app: ASGIApp, host: str) -> None:
        self._app = app
        self._hosts = [*settings.ALLOWED_HOSTS, urlsplit(known_site()).hostname or ""]
        if host not in _EVERYWHERE:
            self._hosts.append(f"[{host}]" if ":" in host else host)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        refusal = self._refusal(request)
        if refusal is None:
            refusal = await anyio.to_thread.run_sync(refusal_of, bearer_of(request))
        if refusal is None:
            # Who sends slowly, or asks for too much, is hung up on.
            with anyio.move_on_after(LONGEST_S):
                await self._app(scope, receive, send)
            return
        answer = JSONResponse(
            {"detail": refusal.sentence}, refusal.status, headers=refusal.headers
        )
        await answer(scope, receive, send)

    def _refusal(self, request: Request) -> Refusal | None:
        if not self._is_known(request.headers.get("host", "")):
            return Refusal(421, "This host is not in ALLOWED_HOSTS.")
        origin = request.headers.get("origin")
        if origin is not None and not self._is_ours(origin):
            return Refusal(403, "This origin is not in CSRF_TRUSTED_ORIGINS.")
        if request.url.path != PATH:
            return Refusal(404, f"There is nothing here but {PATH}.")
        if request.method != "POST":
            # There is no session to end and no stream to listen to.
            return Refusal(405, "Only POST is answered.", {"Allow": "POST"})
        return None

    def _is_known(self, host: str) -> bool:
        domain, _ = split_domain_port(host)
        return bool(domain) and validate_host(domain, self._hosts)

    def _is_ours(self, origin: str) -> bool:
        if origin in settings.CSRF_TRUSTED_ORIGINS:
            return True
        try:
            name = urlsplit(origin).hostname or ""
        except ValueError:
            return False
        return name == "localhost" or _is_loopback(name)


def _is_loopback(name: str) -> bool:
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def bearer_of(request: Request | None) -> str | None:
    """The token that a request brings; of several headers, none."""
    sent = request.headers.getlist("authorization") if request else []
    scheme, _, text = sent[0].partition(" ") if len(sent) == 1 else ("", "", "")
    return text.strip() or None if scheme.lower() == "bearer" else None


def refusal_of(text: str | None) -> Refusal | None:
    """Why a token may ask nothing just now; asks the database."""
    try:
        return _refused(text)
    finally:
        connections.close_all()


def _refused(text: str | None) -> Refusal | None:
    if text is None:
        return Refusal(
            401,
            "A token is needed: Authorization: Bearer <token>.",
            {"WWW-Authenticate": "Bearer"},
        )
    token = ApiToken.valid(text)
    if token is None:
        invalid = {"WWW-Authenticate": 'Bearer error="invalid_token"'}
        return Refusal(401, NOT_VALID, invalid)
    if not token.allows(TokenScope.READ):
        lacking = {
            "WWW-Authenticate": 'Bearer error="insufficient_scope", scope="read"'
        }
        return Refusal(403, what_it_lacks(token, TokenScope.READ), lacking)
    # Beside what its tools ask, which the API counts.
    if not PerCaller.allow(key := f"throttle-mcp-{token.pk}"):
        wait_s = round(seconds_left(key))
        return Refusal(
            429, f"Too many requests. Wait {wait_s} s.", {"Retry-After": str(wait_s)}
        )
    return None
