"""Readers of a world of several tools."""

from __future__ import annotations

import pytest

from tests.dashboard.world import World, make_world


@pytest.fixture(autouse=True)
def _public(settings):
    settings.PUBLIC_READ = True


@pytest.fixture
def world() -> World:
    return make_world()
