"""Settings that can be used, and should not be."""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator
from urllib.parse import urlsplit

from cryptography.fernet import Fernet
from django.conf import settings
from django.core import checks
from django.http.request import validate_host

from dashboard.operations.doctor.finding import About, Finding

SETTINGS = About("settings")
# As Django's own check has it, which says nothing of keys that an example showed.
SHORTEST_KEY, FEWEST_LETTERS = 50, 5
_OF_AN_EXAMPLE = re.compile(r"(?i)django-insecure|change.?me|secret|example|passline")
# What Dockerfile and documents print.
_KNOWN_KEYS = {"A" * 43 + "="}


def check_keys() -> Iterator[Finding]:
    key = settings.SECRET_KEY
    if len(key) < SHORTEST_KEY or len(set(key)) < FEWEST_LETTERS:
        yield SETTINGS.problem(
            "SECRET_KEY is short enough to be guessed; it signs sessions and links.",
            "Make one as docs/settings.md tells. Everybody signs in again, and embedded "
            "pictures get new addresses.",
        )
    elif _OF_AN_EXAMPLE.search(key):
        yield SETTINGS.problem(
            "SECRET_KEY reads like one that somebody copied from an example.",
            "Make one as docs/settings.md tells.",
        )
    if _KNOWN_KEYS & set(settings.CREDENTIALS_KEYS) or _is_plain(
        settings.CREDENTIALS_KEYS[0]
    ):
        yield SETTINGS.problem(
            "CREDENTIALS_KEYS holds a key that everybody can read in an example.",
            "Put a new key in front of it, wait an hour, then take the old one away.",
        )
    elif len(settings.CREDENTIALS_KEYS) > 1:
        yield SETTINGS.note(
            f"CREDENTIALS_KEYS holds {len(settings.CREDENTIALS_KEYS)} keys.",
            "Take the old ones away once an hour has passed since you put the new one in "
            "front.",
        )


def _is_plain(key: str) -> bool:
    """Whether it is one byte again and again."""
    fernet = Fernet(key)
    return len(set(fernet._signing_key + fernet._encryption_key)) == 1


def check_debug() -> Iterator[Finding]:
    if settings.DEBUG:
        yield SETTINGS.problem(
            "DEBUG is on: pages of errors show settings and what variables held.",
            "Take DEBUG out of the settings module that runs.",
        )


def check_hosts() -> Iterator[Finding]:
    if "*" in settings.ALLOWED_HOSTS:
        yield SETTINGS.problem(
            "ALLOWED_HOSTS allows every name, so that a forged one gets into links.",
            "Set ALLOWED_HOSTS to the names under which people reach Passline.",
        )
    for origin in settings.CSRF_TRUSTED_ORIGINS:
        host = urlsplit(origin).hostname or ""
        if not validate_host(host, settings.ALLOWED_HOSTS):
            yield SETTINGS.problem(
                f"Forms from {origin} are accepted, and {host} is no allowed host.",
                f"Add {host} to ALLOWED_HOSTS.",
            )
    if not settings.EMBEDDED and not settings.BEHIND_TLS:
        yield SETTINGS.note(
            "No origin in CSRF_TRUSTED_ORIGINS begins with https, so cookies travel in "
            "the open and the addresses of clients are the proxy's.",
            "End TLS in front of Passline and name the origin there.",
        )


def check_what_is_open() -> Iterator[Finding]:
    if settings.PUBLIC_READ:
        yield SETTINGS.note(
            "PUBLIC_READ is on: whoever reaches the server reads tests and results.",
            "Set PUBLIC_READ=off, unless that is meant.",
        )
    if settings.ALLOW_PRIVATE_VENDOR_URLS and not settings.EMBEDDED:
        yield SETTINGS.note(
            "ALLOW_PRIVATE_VENDOR_URLS is on: who may connect tools reaches machines of "
            "your network through Passline.",
            "Set it off, unless a tool of yours is inside of that network.",
        )
    file = settings.BASE_DIR / ".env"
    if file.is_file() and file.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH):
        yield SETTINGS.problem(
            f"{file} holds keys, and other users of this machine may read it.",
            f"chmod 600 {file}",
        )


def check_by_django() -> Iterator[Finding]:
    """Django's own checks of the program and its settings."""
    for found in checks.run_checks():
        if found.level >= checks.WARNING:
            yield SETTINGS.problem(
                str(found.msg), str(found.hint or "See the settings.")
            )


CHECKS = (check_keys, check_debug, check_hosts, check_what_is_open, check_by_django)
