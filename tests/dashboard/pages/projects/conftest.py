"""Readers of a project."""

from __future__ import annotations

import pytest

from tests import factories


@pytest.fixture(autouse=True)
def _public(settings):
    settings.PUBLIC_READ = True


@pytest.fixture
def shop():
    return factories.make_project(name="Web shop")
