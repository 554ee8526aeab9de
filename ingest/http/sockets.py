"""Sockets that keep to this thread's limits and look at whom they reached."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError
from urllib3.util.ssl_ import create_urllib3_context

from ingest.http.addresses import PrivateAddressError, check_peer
from ingest.http.limits import OutOfTimeError, spend, time_left_s
from ingest.watched import watched


class _Limited:
    """A socket's own time-out starts anew with every byte; this one's does not."""

    def recv_into(self, *args: Any) -> int:
        socket_: Any = self
        idle_s, left_s = socket_.gettimeout(), time_left_s()
        is_last = idle_s is None or left_s < idle_s
        if is_last:
            socket_.settimeout(left_s)
        try:
            received: int = super().recv_into(*args)  # type: ignore[misc]
        except TimeoutError:
            time_left_s()
            raise
        finally:
            if is_last:
                socket_.settimeout(idle_s)
        spend(received)
        return received


class _LimitedSocket(_Limited, socket.socket):
    pass


class _LimitedTLSSocket(_Limited, ssl.SSLSocket):
    pass


class _Guard:
    """Connects within the limits, and to no address that may not be used: each is judged
    before it is tried, or whether it answers would tell which ports are open there, and
    the peer once more before anything is sent to it.
    """

    _allow_private_urls = False
    _is_encrypted = False

    def _new_conn(self) -> socket.socket:
        reached = self._connected()
        try:
            self._judge(str(reached.getpeername()[0]))
        except OSError:
            reached.close()
            raise
        return reached

    def _judge(self, address: str) -> None:
        check_peer(
            address,
            allow_private_urls=self._allow_private_urls,
            is_encrypted=self._is_encrypted,
        )

    def _connected(self) -> socket.socket:
        connection: Any = self
        try:
            return _connected(
                connection._dns_host,
                connection.port,
                connection.timeout,
                connection.socket_options,
                self._judge,
            )
        except (OutOfTimeError, PrivateAddressError):
            raise
        except TimeoutError as error:
            raise ConnectTimeoutError(connection, "no connection in time") from error
        except (OSError, UnicodeError) as error:
            raise NewConnectionError(connection, str(error)) from error


def _connected(
    host: str,
    port: int,
    limit_s: float,
    options: Any,
    judge: Callable[[str], None],
) -> socket.socket:
    """A socket to the first of the host's addresses that takes it within `limit_s`; what
    `judge` raises of one ends it.
    """
    trouble = OSError("the name has no address")
    for family, kind, protocol, _, address in socket.getaddrinfo(
        host.strip("[]"), port, type=socket.SOCK_STREAM
    ):
        judge(str(address[0]))
        made = _LimitedSocket(family, kind, protocol)
        try:
            for option in options or ():
                made.setsockopt(*option)
            # However many addresses a name has, together they end in time.
            made.settimeout(min(limit_s, time_left_s()))
            made.connect(address)
            made.settimeout(limit_s)
            return made
        except OSError as error:
            trouble = error
            made.close()
    raise trouble


@cache
def _pools(allow_private_urls: bool) -> dict[str, Any]:
    """Classes of guarded connection pools by scheme."""

    class Plain(_Guard, HTTPConnection):
        _allow_private_urls = allow_private_urls

    class Encrypted(_Guard, HTTPSConnection):
        _allow_private_urls = allow_private_urls
        _is_encrypted = True

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class EncryptedPool(HTTPSConnectionPool):
        ConnectionCls = Encrypted

    return {"http": PlainPool, "https": EncryptedPool}


class _Adapter(HTTPAdapter):
    def __init__(self, allow_private_urls: bool) -> None:
        self._pools = _pools(allow_private_urls)
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        context = create_urllib3_context()
        context.sslsocket_class = _LimitedTLSSocket
        super().init_poolmanager(*args, ssl_context=context, **kwargs)
        self.poolmanager.pool_classes_by_scheme = self._pools

    def send(
        self, request: requests.PreparedRequest, *args: Any, **kwargs: Any
    ) -> requests.Response:
        host = urlsplit(request.url or "").hostname or ""
        with watched(str(request.method), str(host)) as answered:
            response = super().send(request, *args, **kwargs)
            answered(response.status_code)
        return response


def guarded_session(allow_private_urls: bool) -> requests.Session:
    session = requests.Session()
    # Proxies and .netrc from the environment would carry tokens past the guard.
    session.trust_env = False
    adapter = _Adapter(allow_private_urls)
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    session.headers.update({"Accept": "application/json", "User-Agent": "Passline"})
    return session
