"""Which addresses may be asked: judged by name first, and by peer once connected."""

from __future__ import annotations

import socket
from collections.abc import Callable

from ingest.contract import ConfigError, RetryableError
from ingest.http.reach import Reach, reach_of
from ingest.origins import plain_parts

# Names of the metadata services of clouds: some lead to a public or private address.
METADATA_NAMES = frozenset(
    {
        "instance-data",
        "instance-data.ec2.internal",
        "metadata",
        "metadata.azure.internal",
        "metadata.goog",
        "metadata.google.internal",
        "metadata.tencentyun.com",
    }
)


class PrivateAddressError(OSError):
    """A vendor's address led to where it must not; `sentence` says so of a URL."""

    def __init__(self, sentence: Callable[[str], str]) -> None:
        super().__init__("refused address")
        self.sentence = sentence


def api_base(base_url: str, prefix: str) -> str:
    """The API's base for an origin or an address that already ends in `prefix`."""
    base = base_url.strip().rstrip("/")
    return base if base.endswith(prefix) else base + prefix


def check_address(url: str, *, allow_private_urls: bool) -> None:
    """Raise ConfigError unless `url` may be asked: https, or http where private."""
    parts = plain_parts(url)
    host = parts.hostname or ""
    if host.rstrip(".") in METADATA_NAMES:
        raise ConfigError(never_sentence(url))
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
    reaches = [reach_of(str(entry[4][0])) for entry in found]
    # A name with a private and a public address is private, as its network may choose.
    refusal = _refusal(max(reaches), allow_private_urls, parts.scheme == "https")
    if refusal:
        raise ConfigError(refusal(url))


def check_peer(address: str, *, allow_private_urls: bool, is_encrypted: bool) -> None:
    """Raise PrivateAddressError unless a socket that reached `address` may be used.

    A look at the name alone can be fooled by a name that resolves anew (rebinding):
    into a private network, or out of one with plain http and a key in it.
    """
    refusal = _refusal(reach_of(address), allow_private_urls, is_encrypted)
    if refusal:
        raise PrivateAddressError(refusal)


def _refusal(
    reach: Reach, allow_private_urls: bool, is_encrypted: bool
) -> Callable[[str], str] | None:
    """What to say of an address that reaches so far; None where it may be used."""
    if reach is Reach.NEVER:
        return never_sentence
    if reach is Reach.PRIVATE:
        return None if allow_private_urls else private_sentence
    return None if is_encrypted else plain_sentence


def private_sentence(url: str) -> str:
    return (
        f"{url} leads into a private network. Set ALLOW_PRIVATE_VENDOR_URLS=on if that "
        f"is meant."
    )


def never_sentence(url: str) -> str:
    return (
        f"{url} leads to an address that no vendor has, such as the metadata service "
        f"of a cloud. Enter the vendor's own address."
    )


def plain_sentence(url: str) -> str:
    return f"{url} is not encrypted. Use https."
