"""What load balancers and orchestrators are told, and what makes them turn away."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
import redis
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client

from dashboard.operations import broker_client, signs
from tests import clock
from tests.factories import make_connection
from tests.services import free_port

pytestmark = pytest.mark.django_db
FINE = dict.fromkeys(
    ("database", "migrations", "syncs", "broker", "worker", "beat"), "ok"
)


@pytest.fixture(autouse=True)
def _all_is_well(empty_redis):
    for name in ("worker", "beat"):
        signs.tell(name)
    make_connection()


def told(status: int) -> dict[str, str]:
    response = Client().get("/readyz", headers={"Host": "10.1.2.3"})
    assert response.status_code == status
    assert response.headers["Cache-Control"] == "no-store"
    said = response.json()
    assert said["status"] == ("ready" if status == 200 else "not ready")
    return dict(said["checks"])


def make_older(name: str, by_s: float) -> None:
    for key, value in broker_client.broker().hgetall(signs.KEY).items():
        if key.decode().startswith(name):
            sign = json.loads(value)
            sign["at"] -= by_s
            broker_client.broker().hset(signs.KEY, key, json.dumps(sign))


def test_all_is_well():
    assert told(200) == FINE


@pytest.mark.parametrize("name", ["worker", "beat"])
def test_a_process_without_a_sign_of_life_is_a_warning(name):
    make_older(name, 50)
    assert told(200) == FINE
    make_older(name, 50)
    assert told(200) == FINE | {name: "warning"}


def test_one_live_worker_of_several_machines_is_enough(monkeypatch):
    make_older("worker", 100)
    monkeypatch.setattr("socket.gethostname", lambda: "another-machine")
    signs.tell("worker")
    assert told(200) == FINE


def test_a_tool_that_brought_nothing_lately_is_a_warning():
    late = make_connection(last_success_at=clock.now() - timedelta(hours=2))
    assert told(200) == FINE | {"syncs": "warning"}
    late.paused_at = clock.now()
    late.save()
    assert told(200) == FINE


def test_without_a_broker_pages_are_answered_all_the_same(monkeypatch):
    gone = redis.Redis(port=free_port())
    monkeypatch.setattr(signs, "broker", lambda: gone)
    monkeypatch.setattr("dashboard.operations.readiness.broker", lambda: gone)
    assert told(200) == FINE | {
        "broker": "warning",
        "worker": "unknown",
        "beat": "unknown",
    }


def test_an_older_database_is_not_ready():
    MigrationRecorder.Migration.objects.filter(app="dashboard").delete()
    assert told(503) == FINE | {"migrations": "failed", "syncs": "unknown"}


def test_a_newer_database_is_ready():
    """The old program goes on while a new one is rolled out, which migrates first."""
    MigrationRecorder(connection).record_applied("dashboard", "9999_of_tomorrow")
    assert told(200) == FINE


@pytest.mark.django_db(transaction=True)
def test_without_a_database_the_process_lives_and_is_not_ready(monkeypatch):
    connection.close()
    monkeypatch.setitem(connection.settings_dict, "HOST", "127.0.0.1")
    monkeypatch.setitem(connection.settings_dict, "PORT", str(free_port()))
    checks = told(503)
    assert Client().get("/healthz").status_code == 200
    unknown = dict.fromkeys(("migrations", "syncs"), "unknown")
    assert checks == FINE | {"database": "failed"} | unknown
