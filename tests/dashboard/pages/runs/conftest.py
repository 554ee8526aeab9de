"""Who asks for a run's page, and its project."""

from __future__ import annotations

import pytest

from tests.dashboard.page_reader import logged_in, person, text_of
from tests.factories import (
    make_connection,
    make_project,
)


@pytest.fixture(autouse=True)
def _open(settings):
    settings.PUBLIC_READ = True


@pytest.fixture
def project():
    return make_project(make_connection(vendor="testmo"))


@pytest.fixture
def get(client):
    def get(address, status=200):
        answer = client.get(address.partition("#")[0])
        assert answer.status_code == status
        return text_of(answer)

    return get


@pytest.fixture
def get_signed_in():
    client = logged_in(person("eve"))
    return lambda address: text_of(client.get(address.partition("#")[0]))
