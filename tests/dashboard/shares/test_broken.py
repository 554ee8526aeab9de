"""What a visitor is told where the database fails."""

from __future__ import annotations

import pytest
from django.test import Client

from tests import factories
from tests.dashboard.locks import locked
from tests.dashboard.page_reader import person
from tests.dashboard.shares.parts import shared
from tests.dashboard.shares.test_tokens import HEADERS


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("empty_redis")
def test_it_may_come_again_and_nobody_keeps_or_names_the_link() -> None:
    factories.make_run(factories.make_project())
    root = shared(person(), "/runs/")
    visitor = Client(raise_request_exception=False)
    with locked("ingest_run"):
        picture = visitor.get(f"{root}/og.png")
    assert picture.status_code == 503
    assert int(picture.headers["Retry-After"]) > 0
    with locked("dashboard_share"):
        broken = visitor.get(root)
    assert broken.status_code == 500
    not_allowed = visitor.post(root)
    assert not_allowed.status_code == 405
    for answer in (picture, broken, not_allowed):
        assert {name: answer.headers[name] for name in HEADERS} == HEADERS
    assert visitor.get(f"{root}/og.png").status_code == 200
