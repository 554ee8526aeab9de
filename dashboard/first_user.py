"""The one-time link to /setup/, with which the first user is made."""

from __future__ import annotations

import secrets
from pathlib import Path

from django.conf import settings
from django.contrib.auth import get_user_model

from dashboard.addresses import site_root
from dashboard.embedded.keyfiles import read_or_create


def setup_link(host: str, port: int) -> str | None:
    """The address at which the first user can be made; None once there is a user.

    The same link is given until it is used, so that a restart does not spoil it.
    """
    if somebody_exists():
        return None
    token = read_or_create(_file(), lambda: secrets.token_urlsafe(24))
    return f"http://{host}:{port}{site_root()}setup/?token={token}"


def is_valid(token: str) -> bool:
    """Whether `token` is that of the link, and there is still no user."""
    if not _file().is_file() or somebody_exists():
        return False
    expected = _file().read_text().strip()
    return secrets.compare_digest(token.encode(), expected.encode())


def consume() -> None:
    """Make the link worthless; called once the first user is made."""
    _file().unlink(missing_ok=True)


def somebody_exists() -> bool:
    return get_user_model().objects.exists()


def _file() -> Path:
    return Path(settings.DATA_DIR) / "setup_token"
