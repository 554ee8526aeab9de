"""Signatures and codes are of a moment, which is told by others' clocks, too."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="module", autouse=True)
def _the_clock_stands_still() -> None:
    """Here it does not: django-allauth and PyJWT ask the system."""
