"""How settings are read from the environment and `.env`, each fault told by its name."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent


class _AsItStands(environ.Env):  # type: ignore[misc]
    """What begins with $ is no name of another variable here: passwords may begin so."""

    def str(self, var: str, default: str = "", multiline: bool = False) -> str:
        return os.environ.get(var, default)


env = _AsItStands()
if (BASE_DIR / ".env").is_file():
    env.read_env(BASE_DIR / ".env")


def boolean(name: str, *, default: bool) -> bool:
    value = env.str(name, "").strip().lower()
    if value in {"", "1", "on", "true", "yes", "0", "off", "false", "no"}:
        return value in {"1", "on", "true", "yes"} if value else default
    raise ImproperlyConfigured(f"{name} is {value!r}; say on or off.")


def positive(name: str, *, default: int) -> int:
    value = env.str(name, "").strip() or str(default)
    # More digits than Python reads are none that somebody meant.
    if re.fullmatch(r"0*[1-9]\d{0,17}", value, re.ASCII):
        return int(value)
    raise ImproperlyConfigured(
        f"{name} is {value[:60]!r}; it must be a number above 0."
    )


def amount(name: str, value: str) -> float | None:
    """A number that is not below zero; None where nothing is said."""
    value = value.strip()
    if not value:
        return None
    if re.fullmatch(r"\d{1,18}(\.\d+)?", value, re.ASCII):
        return float(value)
    raise ImproperlyConfigured(
        f"{name} is {value[:60]!r}; it must be a number such as 0.5."
    )


def words(name: str) -> list[str]:
    return [word.strip() for word in env.str(name, "").split(",") if word.strip()]


def origins(name: str, given: list[str]) -> list[str]:
    """Each with its scheme and host, and nothing behind them."""
    for position, origin in enumerate(given, start=1):
        if not re.fullmatch(r"https?://[^\s/@?#\\]+", origin):
            raise ImproperlyConfigured(
                f"{name}: entry {position} is no origin; it must be a scheme and a "
                "host, such as https://passline.example.com."
            )
    return given


def servers(name: str) -> list[str]:
    """Hosts as origins without a default port; https unless an entry says http.

    They become a part of a header, so nothing but hosts may pass.
    """
    found = []
    for position, word in enumerate(words(name), start=1):
        parts = re.fullmatch(
            r"(?:(https?)://)?([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)(?::(\d{1,5}))?",
            word.lower(),
        )
        if parts is None:
            raise ImproperlyConfigured(
                f"{name}: entry {position} is no host; it must be one such as "
                "files.example.com or http://files.internal:9000, without a path or *."
            )
        scheme, host, port = parts[1] or "https", parts[2], parts[3]
        is_usual = port in {None, {"http": "80", "https": "443"}[scheme]}
        found.append(f"{scheme}://{host}" if is_usual else f"{scheme}://{host}:{port}")
    return found


def pairs(name: str, allowed: Collection[str] = ()) -> list[tuple[str, str]]:
    """`group=team, group=team`; a group may stand there several times."""
    found = []
    for position, word in enumerate(words(name), start=1):
        left, is_pair, right = (part.strip() for part in word.partition("="))
        if not (left and is_pair and right) or (allowed and right not in allowed):
            wanted = " or ".join(allowed) or "a team"
            raise ImproperlyConfigured(
                f"{name}: entry {position} must be a group, =, and {wanted}."
            )
        found.append((left, right))
    return found


def one_of(name: str, allowed: Sequence[str]) -> str:
    """One of these words, the first unless another is said."""
    value: str = env.str(name, "").strip().lower() or allowed[0]
    if value in allowed:
        return value
    raise ImproperlyConfigured(f"{name} is {value!r}; say {' or '.join(allowed)}.")


def token(name: str) -> str:
    """One that nobody guesses, or nothing."""
    value: str = env.str(name, "").strip()
    if value and not re.fullmatch(r"[A-Za-z0-9._~+/=-]{20,}", value):
        # The value is a secret.
        raise ImproperlyConfigured(
            f"{name} must have 20 letters, digits and . _ ~ + / = - or more."
        )
    return value


def script_name(name: str) -> str:
    """The path that a proxy serves Passline under, "/passline"; "" for a whole host.

    Never None, with which Django would believe a SCRIPT_NAME that a server passes on.
    """
    value: str = env.str(name, "").strip().rstrip("/")
    if re.fullmatch(r"(/(?!\.+(/|$))[A-Za-z0-9._~-]+)*", value):
        return value
    raise ImproperlyConfigured(
        f"{name} is {value!r}; it must be a path such as /passline, of "
        "letters, digits and . _ ~ - only."
    )


def mail_server(name: str) -> dict[str, Any]:
    """Django's settings for it. Without one nothing is sent, and pages show links to hand
    on instead.
    """
    value = env.str(name, "").strip()
    if not value:
        return {"EMAIL_BACKEND": "django.core.mail.backends.dummy.EmailBackend"}
    try:
        config = environ.Env.email_url_config(value)
    except (KeyError, ValueError, ImproperlyConfigured):
        # The value may hold a password.
        config = {}
    if not str(config.get("EMAIL_BACKEND", "")).endswith("smtp.EmailBackend"):
        raise ImproperlyConfigured(
            f"{name} must be smtp://, smtp+tls:// or smtp+ssl://user:password@host:port."
        )
    return {k: v for k, v in config.items() if k.startswith("EMAIL_") and v is not None}
