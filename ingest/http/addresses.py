"""Which addresses may be asked, and the guard that looks at whom a socket reached."""

from __future__ import annotations

import ipaddress
import socket
from typing import Any
from urllib.parse import SplitResult, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from ingest.contract import ConfigError, RetryableError


class PrivateAddressError(OSError):
    """A vendor's address led into a private network."""


def api_base(base_url: str, prefix: str) -> str:
    """The API's base for an origin or an address that already ends in `prefix`."""
    base = base_url.strip().rstrip("/")
    return base if base.endswith(prefix) else base + prefix


def check_address(url: str, *, allow_private_urls: bool) -> None:
    """Raise ConfigError unless `url` may be asked: https, or http where private."""
    parts, host = _plain_parts(url)
    try:
        found = socket.getaddrinfo(
            host, parts.port or parts.scheme, type=socket.SOCK_STREAM
        )
    except (OSError, UnicodeError) as error:
        if getattr(error, "errno", None) == socket.EAI_AGAIN:
            raise RetryableError(
                f"The name {host} could not be looked up just now. The next sync retries."
            ) from None
        raise ConfigError(
            f"The host {host} cannot be found. Check the address."
        ) from None
    is_any_private = any(is_private(str(entry[4][0])) for entry in found)
    if is_any_private and not allow_private_urls:
        raise ConfigError(private_sentence(url))
    if parts.scheme == "http" and not is_any_private:
        raise ConfigError(f"{url} is not encrypted. Use https.")


def _plain_parts(url: str) -> tuple[SplitResult, str]:
    """The parts of an address with nothing but scheme, host, port and path; its host.

    A refused one is not repeated: what is wrong with it may be a credential inside.
    """
    try:
        parts = urlsplit(url)
        extras = parts.username or parts.password or parts.query or parts.fragment
        # A port that is no number shows only when it is asked for.
        is_known = parts.scheme in ("http", "https") and parts.port != 0
    except ValueError:
        is_known = False
    if not is_known or extras or not parts.hostname:
        raise ConfigError(
            "The address cannot be used. Enter one like https://example.com, without "
            "a name, a password or a question mark in it."
        )
    return parts, parts.hostname


def private_sentence(url: str) -> str:
    return (
        f"{url} leads into a private network. Set ALLOW_PRIVATE_VENDOR_URLS=on if that "
        f"is meant."
    )


def is_private(address: str) -> bool:
    """Whether an IP address is anything but a public one."""
    parsed = ipaddress.ip_address(address.split("%")[0])
    mapped = getattr(parsed, "ipv4_mapped", None)
    return not (mapped or parsed).is_global


def guarded_session(allow_private_urls: bool) -> requests.Session:
    session = requests.Session()
    # Proxies and .netrc from the environment would carry tokens past the guard.
    session.trust_env = False
    adapter = HTTPAdapter() if allow_private_urls else _GuardedAdapter()
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    session.headers.update({"Accept": "application/json", "User-Agent": "Passline"})
    return session


class _Guard:
    """Looks at whom a socket reached before anything is sent over it.

    A look at the name alone can be fooled by a name that resolves anew (rebinding).
    """

    def _new_conn(self) -> socket.socket:
        reached: socket.socket = super()._new_conn()  # type: ignore[misc]
        if is_private(str(reached.getpeername()[0])):
            reached.close()
            raise PrivateAddressError("private address")
        return reached


class _GuardedHTTP(_Guard, HTTPConnection):
    pass


class _GuardedHTTPS(_Guard, HTTPSConnection):
    pass


class _GuardedHTTPPool(HTTPConnectionPool):
    ConnectionCls = _GuardedHTTP


class _GuardedHTTPSPool(HTTPSConnectionPool):
    ConnectionCls = _GuardedHTTPS


class _GuardedAdapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {
            "http": _GuardedHTTPPool,
            "https": _GuardedHTTPSPool,
        }
