"""Connections of Celery and of the cache to the embedded Valkey, which they start."""

from __future__ import annotations

import socket
from typing import Any

import redis
from django.conf import settings
from redis.credentials import CredentialProvider

from dashboard.embedded import EmbeddedError, keeper
from dashboard.embedded.valkey import Valkey


class Password(CredentialProvider):
    """Read for each connection, so that no address and no option has to name it."""

    def __init__(self, server: Valkey) -> None:
        self.server = server

    def get_credentials(self) -> tuple[str]:
        return (self.server.password,)


class Connection(redis.UnixDomainSocketConnection):
    """Starts the embedded server when it is first needed, and again if it has died."""

    def __init__(self, **options: Any) -> None:
        self.server: Valkey = settings.VALKEY
        # What an address without a user gives; a provider stands alone.
        options |= {"username": None, "password": None}
        options["credential_provider"] = Password(self.server)
        options["path"] = str(self.server.socket_path)
        super().__init__(**options)  # type: ignore[no-untyped-call]

    def _connect(self) -> socket.socket:
        try:
            keeper.hold(self.server)
            self.server.check_socket()
            return self._connected_at_last()
        except EmbeddedError as error:
            raise OSError(str(error)) from error

    def _connected_at_last(self) -> socket.socket:
        try:
            return self._connected()
        except OSError:
            keeper.start(self.server)
            return self._connected()

    def _connected(self) -> socket.socket:
        connected: socket.socket = super()._connect()  # type: ignore[no-untyped-call]
        return connected


class Pool(redis.ConnectionPool):
    """What the cache keeps its connections in."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{**options, "connection_class": Connection})
