"""Whom an IP address reaches: anybody, one's own network, or what no vendor can be."""

from __future__ import annotations

from enum import IntEnum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address


class Reach(IntEnum):
    """In the order of how little an address is to be trusted."""

    PUBLIC = 0
    PRIVATE = 1
    # Refused also where private addresses are allowed.
    NEVER = 2


# Metadata services of clouds, which give credentials to whoever asks, and addresses
# that name no single host.
_NEVER_4 = [
    IPv4Network("0.0.0.0/8"),
    IPv4Network("169.254.0.0/16"),  # link-local, with the metadata of most clouds
    IPv4Network("100.100.100.200"),  # Alibaba
    IPv4Network("168.63.129.16"),  # Azure
    IPv4Network("192.0.0.192"),  # Oracle
    IPv4Network("224.0.0.0/4"),
    IPv4Network("240.0.0.0/4"),
]
_NEVER_6 = [
    IPv6Network("::"),
    IPv6Network("fd00:ec2::/32"),  # Amazon
    IPv6Network("fd20:ce::254"),  # Google
    IPv6Network("fe80::/10"),
    IPv6Network("ff00::/8"),
]
# Of special use, which older versions of Python do not know.
_NOT_PUBLIC_4 = [IPv4Network("192.0.0.0/24"), IPv4Network("192.88.99.0/24")]
_LOOPBACK_6 = IPv6Address("::1")
# These lead to the IPv4 address that they carry, and to nobody else.
_NAT64 = IPv6Network("64:ff9b::/96")
_MAPPED = IPv6Network("::ffff:0:0/96")
_SIX_TO_FOUR = IPv6Network("2002::/16")
# These carry one too, and are never public whatever it is.
_COMPATIBLE = IPv6Network("::/96")
_TRANSLATED = IPv6Network("::ffff:0:0:0/96")
_LOCAL_NAT64 = IPv6Network("64:ff9b:1::/48")
_TEREDO = IPv6Network("2001::/32")
_SITE_LOCAL = IPv6Network("fec0::/10")

_GATEWAYS = (_NAT64, _MAPPED, _SIX_TO_FOUR)
_CARRIES_LAST = (_NAT64, _MAPPED, _COMPATIBLE, _TRANSLATED, _LOCAL_NAT64)
_NOT_PUBLIC_6 = (_COMPATIBLE, _TRANSLATED, _LOCAL_NAT64, _TEREDO, _SITE_LOCAL)
_32_BITS = 2**32 - 1


def is_private(address: str) -> bool:
    """Whether an IP address is anything but a public one."""
    return reach_of(address) is not Reach.PUBLIC


def reach_of(address: str) -> Reach:
    """Whom an IP address reaches; IPv6 that carries IPv4 is judged by that as well."""
    parsed = ip_address(address.partition("%")[0])
    return _reach_4(parsed) if isinstance(parsed, IPv4Address) else _reach_6(parsed)


def _reach_4(address: IPv4Address) -> Reach:
    if any(address in network for network in _NEVER_4):
        return Reach.NEVER
    is_public = address.is_global and not any(address in net for net in _NOT_PUBLIC_4)
    return Reach.PUBLIC if is_public else Reach.PRIVATE


def _reach_6(address: IPv6Address) -> Reach:
    if any(address in network for network in _NEVER_6):
        return Reach.NEVER
    if address == _LOOPBACK_6:
        return Reach.PRIVATE
    inner = max(map(_reach_4, _carried(address)), default=Reach.PUBLIC)
    if any(address in network for network in _GATEWAYS):
        return inner
    is_public = address.is_global and not any(address in net for net in _NOT_PUBLIC_6)
    return max(inner, Reach.PUBLIC if is_public else Reach.PRIVATE)


def _carried(address: IPv6Address) -> list[IPv4Address]:
    """The IPv4 addresses inside an IPv6 address of a kind that carries them."""
    number = int(address)
    if address in _SIX_TO_FOUR:
        return [IPv4Address(number >> 80 & _32_BITS)]
    if address in _TEREDO:
        # The server, and the client written inverted.
        return [IPv4Address(number >> 64 & _32_BITS), IPv4Address(~number & _32_BITS)]
    if any(address in network for network in _CARRIES_LAST):
        return [IPv4Address(number & _32_BITS)]
    return []
