"""A shop with flaky tests of all states."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest

from ingest.models import Project
from tests import factories
from tests.dashboard.pages.flaky.parts import draw
from tests.dashboard.shared import stored_once


@pytest.fixture(autouse=True)
def _public(settings):
    settings.PUBLIC_READ = True


@pytest.fixture(scope="module")
def kept_shop(
    request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: Any
) -> Iterator[Project]:
    with stored_once(request, django_db_blocker, draw_shop) as shop:
        yield shop


@pytest.fixture
def shop(kept_shop: Project, empty_redis: None) -> Project:
    return deepcopy(kept_shop)


def draw_shop() -> Project:
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
