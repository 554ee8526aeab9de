"""A question that keeps the database busy for too long is given up, and told so."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client

from dashboard.api import limits
from tests import factories
from tests.dashboard.locks import locked

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("empty_redis"),
]


@pytest.fixture
def reader(settings) -> Client:
    settings.PUBLIC_READ = True
    factories.make_history(factories.make_project(), "PFP")
    return Client()


@pytest.mark.parametrize("path", ["metrics/flaky/", "metrics/summary/", "runs/"])
def test_a_slow_answer_is_a_503_that_says_what_to_do(reader, monkeypatch, path):
    monkeypatch.setattr(limits, "LONGEST_S", 0.05)
    with locked("ingest_run"):
        response = reader.get(f"/api/v1/{path}")
    assert response.status_code == 503
    assert "shorter window" in response.json()["detail"]
    assert reader.get(f"/api/v1/{path}").status_code == 200


def test_asking_for_the_head_of_a_slow_answer_is_given_up_too(reader, monkeypatch):
    monkeypatch.setattr(limits, "LONGEST_S", 0.05)
    with locked("ingest_run"):
        assert reader.head("/api/v1/metrics/summary/").status_code == 503


def test_what_is_sent_row_by_row_takes_as_long_as_it_takes(reader, monkeypatch):
    monkeypatch.setattr(limits, "LONGEST_S", 0.05)
    response = reader.get("/api/v1/runs/?format=csv")
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone() == ("0",)
    assert b"".join(response.streaming_content).count(b"\n") == 4
