"""The system's Chromium: where it is, and how it is started."""

from __future__ import annotations

import os
import shutil

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MISSING = f"none of {', '.join(NAMES)} is on the PATH"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def program() -> str | None:
    """The browser's path, None where there is none."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def insist() -> None:
    """Raises UsageError where REQUIRE_BROWSER asks for a browser and there is none."""
    asked = os.environ.get("REQUIRE_BROWSER", "").lower() in {"1", "on", "true", "yes"}
    if asked and program() is None:
        raise pytest.UsageError(f"REQUIRE_BROWSER is set, and {MISSING}.")
