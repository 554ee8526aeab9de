"""Readers of a stand-up."""

from __future__ import annotations

import pytest

from tests import factories


@pytest.fixture(autouse=True)
def _public(settings):
    settings.PUBLIC_READ = True


@pytest.fixture
def project():
    tool = factories.make_connection("Testmo", vendor="testmo")
    return factories.make_project(tool, name="Web shop")
