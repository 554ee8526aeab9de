"""The small installation that tests of several pages read."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest

from tests import clock
from tests.dashboard.shared import stored_once
from tests.dashboard.world import World, make_world


@pytest.fixture(scope="module", autouse=True)
def _the_clock_stands_still() -> Iterator[None]:
    with clock.stopped():
        yield


@pytest.fixture(scope="module")
def kept_world(
    request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: Any
) -> Iterator[World]:
    with stored_once(request, django_db_blocker, make_world) as world:
        yield world


@pytest.fixture
def world(kept_world: World, empty_redis: None) -> World:
    return deepcopy(kept_world)
