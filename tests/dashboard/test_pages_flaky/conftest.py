"""A shop with flaky tests of all states."""

from __future__ import annotations

import pytest

from ingest.models import Project
from tests import factories
from tests.dashboard.test_pages_flaky.parts import draw


@pytest.fixture(autouse=True)
def _public(settings):
    settings.PUBLIC_READ = True


@pytest.fixture
def shop() -> Project:
    """Flaky for long, newly flaky, getting worse, settled, and none of these."""
    shop = factories.make_project(factories.make_connection("Testmo"), name="Web shop")
    draw(
        shop,
        {
            "pays by card": "PPFP" * 10,
            "logs in": "P" * 8 + "PFPEP",
            "searches": "P" * 30 + "PPFPPFPFPF" + "P",
            "ships": "PFPPFPPFPP" + "P" * 30,
            "prints": "P" * 40,
            "is broken": "P" * 20 + "F" * 5,
        },
    )
    return shop
