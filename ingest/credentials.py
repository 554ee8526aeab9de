"""Vendors' secrets at rest: MultiFernet over the keys of CREDENTIALS_KEYS."""

from __future__ import annotations

import json

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from ingest.contract import ConfigError


def sealed(secrets: dict[str, str], *, origin: str) -> str:
    """A vendor's secrets, encrypted together with the one server they are meant for."""
    return encrypted({"origin": origin, "secrets": json.dumps(secrets)})


def opened(token: str, *, origin: str) -> dict[str, str]:
    """The secrets that were sealed for this server.

    Whoever can change an address must not be able to read a key with it. So another
    server than the one they were given for gets none: ConfigError. Raises
    ImproperlyConfigured when no key of CREDENTIALS_KEYS fits.
    """
    if not token:
        return {}
    kept = decrypted(token)
    if not origin or kept.get("origin") != origin:
        given = kept.get("origin") or "another address"
        raise ConfigError(
            f"The stored credentials were entered for {given}, and the address is "
            f"{origin or 'none that can be used'} now. Enter them again on the "
            f"connection's page, or put the address back."
        )
    return {str(k): str(v) for k, v in json.loads(kept["secrets"]).items()}


def encrypted(secrets: dict[str, str]) -> str:
    """The secrets under the first key of CREDENTIALS_KEYS."""
    return _fernet().encrypt(json.dumps(secrets).encode()).decode()


def decrypted(token: str) -> dict[str, str]:
    """The secrets behind `token`, whichever of the keys encrypted it.

    Raises ImproperlyConfigured when none of the keys fits.
    """
    if not token:
        return {}
    try:
        stored = json.loads(_fernet().decrypt(token.encode()))
    except InvalidToken:
        raise ImproperlyConfigured(
            "Stored credentials fit none of the keys in CREDENTIALS_KEYS. Put the key "
            "back that encrypted them, or enter the connection's key anew."
        ) from None
    return {str(name): str(value) for name, value in stored.items()}


def rotated(token: str) -> str:
    """`token` under the first key; unchanged when it is so already.

    Raises ImproperlyConfigured when none of the keys fits.
    """
    if not token:
        return token
    try:
        Fernet(_keys()[0]).decrypt(token.encode())
    except InvalidToken:
        return encrypted(decrypted(token))
    return token


def _keys() -> list[str]:
    return list(settings.CREDENTIALS_KEYS)


def _fernet() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in _keys()])
