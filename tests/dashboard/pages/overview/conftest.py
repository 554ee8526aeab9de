"""Readers of the overview."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _public(settings):
    settings.PUBLIC_READ = True
