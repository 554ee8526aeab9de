"""A simulated vendor, and what a test says of itself where it is to be repeated."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.ingest.served import Served, a_testmo, served


@pytest.fixture
def vendor(
    transactional_db: None, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Served]:
    settings.ALLOW_PRIVATE_VENDOR_URLS = True
    monkeypatch.setenv("ALLOW_PRIVATE_VENDOR_URLS", "on")
    with served(a_testmo(3)) as vendor:
        yield vendor
