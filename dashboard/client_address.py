"""Who asks, by network address: the one rule of the log-in and of the API."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from rest_framework.throttling import BaseThrottle

if TYPE_CHECKING:
    from django.http import HttpRequest
    from rest_framework.request import Request

# Whoever has one address of IPv6 has all others of this network too.
IPV6_NETWORK_BITS = 64
# What a provider gives to one customer at most: 65,536 of these networks.
IPV6_SITE_BITS = 48


def client_of(request: HttpRequest | Request) -> str:
    """The address of whoever asks, for IPv6 its network.

    Behind NUM_PROXIES proxies it is what the outermost of them saw; what stands further
    left in X-Forwarded-For is the client's own claim.
    """
    seen = BaseThrottle().get_ident(request)  # type: ignore[arg-type]
    peer = request.META.get("REMOTE_ADDR", "")
    return _network(seen or "") or _network(peer) or peer


def site_of(client: str) -> str:
    """All that one customer of a provider may have, of a client as `client_of` tells it;
    of IPv4 the address, of which each has its price.
    """
    if "/" not in client:
        return client
    return str(ipaddress.ip_network(client).supernet(new_prefix=IPV6_SITE_BITS))


def _network(text: str) -> str:
    """The address without a port, which a client could vary; "" where it is none."""
    try:
        address = ipaddress.ip_address(_without_port(text))
    except ValueError:
        return ""
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((int(address), IPV6_NETWORK_BITS), strict=False))


def _without_port(text: str) -> str:
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0] if text.count(":") == 1 else text
