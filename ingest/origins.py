"""What a web address may look like, and which server it names."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, urlsplit

from ingest.contract import ConfigError

PORTS = {"http": 80, "https": 443}
# Programs do not agree on where an address with one of these ends.
_MISREAD = re.compile(r"[\x00-\x1f\\\x7f]")


def plain_parts(url: str) -> SplitResult:
    """The parts of an address with nothing but scheme, host, port and path.

    Raises ConfigError, which does not repeat the address: what is wrong with it may be
    a credential inside.
    """
    parts = _web_parts(url)
    # Escapes, zones and white space: what one parser undoes, and the next one keeps.
    if parts is None or re.search(r"[\s?#]", url) or "%" in parts.netloc:
        raise ConfigError(
            "The address cannot be used. Enter one like https://example.com, without "
            "a name, a password or a question mark in it."
        )
    return parts


def is_plain(url: str) -> bool:
    try:
        plain_parts(url)
    except ConfigError:
        return False
    return True


def origin_of(url: str) -> str:
    """The server that a plain address names: scheme, host and port; else ""."""
    if not is_plain(url):
        return ""
    parts = urlsplit(url)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return f"{parts.scheme}://{host}:{parts.port or PORTS[parts.scheme]}"


def web_link(url: str) -> str:
    """`url` where it is safe to show as a link, else "": http or https, to a host that
    no name or password stands before.
    """
    return url if _web_parts(url) else ""


def _web_parts(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        # A port that is no number shows only when it is asked for.
        is_known = parts.scheme in PORTS and parts.port != 0
    except ValueError:
        return None
    has_host = bool(parts.hostname) and "@" not in parts.netloc
    return parts if is_known and has_host and not _MISREAD.search(url) else None
