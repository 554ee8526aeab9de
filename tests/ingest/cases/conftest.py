"""Passline with one vendor that is served and connected."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tests.ingest import manage
from tests.ingest.cases.passline import KEY, Passline
from tests.ingest.cases.server import Vendor
from tests.ingest.wire import listening

Connect = Callable[[Vendor], Passline]


@pytest.fixture
def connected(
    capsys: pytest.CaptureFixture[str],
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
    clock: Any,
    empty_redis: None,
    db: None,
) -> Iterator[Connect]:
    """Serve a vendor until the test ends, and connect Passline to it.

    Every sync looks at the whole retained window, and waits for the vendor are noted,
    not waited.
    """
    settings.ALLOW_PRIVATE_VENDOR_URLS = True
    settings.PUBLIC_READ = True
    settings.RECONCILE_HOURS = 0.0
    vendors: list[Vendor] = []
    with ExitStack() as served:

        def connect(vendor: Vendor) -> Passline:
            vendors.append(vendor)
            monkeypatch.setenv(KEY, vendor.world["token"])
            passline = Passline(lambda *words: manage.run(capsys, *words))
            passline.connect(vendor, served.enter_context(listening(vendor)))
            return passline

        yield connect
    assert [mistake for vendor in vendors for mistake in vendor.mistakes] == []
