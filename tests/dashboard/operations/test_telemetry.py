"""`/metrics`: who may read it, and that it tells what is so, over all processes."""

from __future__ import annotations

import math
import os
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from dashboard.models import Scope
from dashboard.operations import broker_client, signs
from dashboard.operations.telemetry import tallies
from dashboard.people.tokens import issue_token
from ingest.contract import VendorError
from ingest.models import RelayedPart, RelayState, Sync, SyncStatus
from ingest.models.connection import PUSH
from ingest.sync.closing import close_parent
from tests import clock
from tests.dashboard.page_reader import person
from tests.dashboard.slow_clients import WebServer
from tests.factories import (
    make_connection,
    make_project,
    make_results,
    make_run,
    make_sync,
)

TOKEN = "of-the-scraper-and-nobody-else"
Samples = dict[tuple[str, tuple[str, ...]], float]


def samples(text: str) -> Samples:
    """By name and the values of labels, in the order of their names."""
    return {
        (sample.name, tuple(sample.labels[name] for name in sorted(sample.labels))): (
            sample.value
        )
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def scraped(token: str = TOKEN) -> Samples:
    answer = Client().get(
        "/metrics", headers={"Authorization": f"Bearer {token}", "Host": "10.0.0.7"}
    )
    assert answer.status_code == 200
    return samples(answer.content.decode())


@pytest.mark.django_db
def test_only_whoever_has_the_token_reads_it(settings, admin_client):
    assert Client().get("/metrics").status_code == 404
    # Not even by an empty token.
    empty = {"Authorization": "Bearer "}
    assert Client().get("/metrics", headers=empty).status_code == 404
    settings.METRICS_TOKEN, settings.PUBLIC_READ = TOKEN, True
    assert Client().get("/metrics").status_code == 401
    assert admin_client.get("/metrics").status_code == 401
    for given in ("", "x", TOKEN[:-1], f"{TOKEN}x", "ü"):
        headers = {"Authorization": f"Bearer {given}"}
        refused = Client().get("/metrics", headers=headers)
        assert (refused.status_code, b"passline_" in refused.content) == (401, False)
    assert scraped()


@pytest.fixture
def _installation(db: None, empty_redis: None, settings: object) -> None:
    settings.METRICS_TOKEN = TOKEN  # type: ignore[attr-defined]


@pytest.mark.usefixtures("_installation")
def test_it_tells_what_is_stored_and_how_tools_fare():
    make_connection("Fresh")
    late = make_connection("Late", last_success_at=clock.now() - timedelta(hours=5))
    make_connection("Failing", last_error="401")
    make_connection("Paused", last_success_at=None, paused_at=clock.now())
    run = make_run(make_project(late))
    make_results(run, "PPFF")
    for state in (RelayState.WAITING, RelayState.WAITING, RelayState.REFUSED):
        RelayedPart.objects.create(
            project=run.project, run=run, act="x", state=state, created_at=clock.now()
        )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE ingest_result")
    found = scraped()
    states = {"fresh": 1, "stale": 1, "failing": 1, "paused": 1}
    for state, number in states.items():
        assert found["passline_connections", (state,)] == number
    assert found["passline_oldest_sync_age_seconds", ()] == pytest.approx(
        5 * 3600, abs=60
    )
    assert found["passline_results", ()] == 4
    parts = {"waiting": 2, "refused": 1, "unclear": 0}
    for state, number in parts.items():
        assert found["passline_relay_parts", (state,)] == number
    assert found["passline_database_size_bytes", ()] > 1_000_000
    assert found["passline_up", ("database",)] == found["passline_up", ("broker",)] == 1


@pytest.mark.usefixtures("_installation")
def test_it_tells_of_queues_processes_and_syncs():
    broker_client.broker().rpush("quick", "a", "b")
    signs.tell("worker")
    sync = make_sync(results_written=40)
    close_parent(sync, SyncStatus.OK, None)
    broken = make_sync(sync.connection, results_written=2)
    close_parent(broken, SyncStatus.FAILED, VendorError("It said no."))
    found = scraped()
    assert found["passline_queue_messages", ("quick",)] == 2
    assert found["passline_queue_messages", ("passline",)] == 0
    assert 0 <= found["passline_heartbeat_age_seconds", ("worker",)] < 60
    assert math.isinf(found["passline_heartbeat_age_seconds", ("beat",)])
    # Labels in the order of their names: outcome, vendor.
    assert found["passline_syncs_total", ("ok", "testmo")] == 1
    assert found["passline_syncs_total", ("failed", "testmo")] == 1
    assert found["passline_synced_results_total", ("testmo",)] == 42
    assert Sync.objects.count() == 2


@pytest.mark.usefixtures("_installation")
def test_without_a_broker_the_rest_is_told_all_the_same(monkeypatch):
    def gone() -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr(broker_client, "broker", gone)
    monkeypatch.setattr(tallies, "broker", gone)
    close_parent(make_sync(), SyncStatus.OK, None)
    found = scraped()
    assert found["passline_up", ("broker",)] == 0
    assert found["passline_up", ("database",)] == 1
    assert ("passline_database_size_bytes", ()) in found


class Scraped(WebServer):
    def scrape(self) -> Samples:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/metrics",
            headers={"Authorization": f"Bearer {TOKEN}"},
        )
        with urllib.request.urlopen(request, timeout=240) as answer:
            return samples(answer.read().decode())


@pytest.fixture
def server(
    transactional_db: None, empty_redis: None, tmp_path: Path
) -> Iterator[Scraped]:
    name = str(connection.settings_dict["NAME"])
    server = Scraped(name, tmp_path, WEB_CONCURRENCY="2", METRICS_TOKEN=TOKEN)
    yield server
    server.stop()


def folders() -> set[str]:
    return {n for n in os.listdir("/dev/shm") if n.startswith("passline-metrics-")}


JUNIT = b'<testsuite name="s"><testcase name="a"/><testcase name="b"/></testsuite>'


def test_processes_are_summed_up(server):
    before = server.scrape()
    checks = ("passline_http_requests_total", ("GET", "healthz", "200"))
    for _ in range(30):
        server.get("/healthz")
    with pytest.raises(urllib.error.HTTPError):
        server.get("/runs/0/nothing")
    _, text = issue_token(
        person("ada", is_superuser=True), by="ada", scopes={Scope.INTAKE}
    )
    project = make_project(make_connection(vendor=PUSH)).pk
    for number in range(3):
        push(server, text, f"project={project}&run={number}")
    # Whichever of the two processes answers.
    for _ in range(10):
        after = server.scrape()
        assert after[checks] - before[checks] == 30
        took = "passline_http_request_duration_seconds"
        counted = after[f"{took}_count", ("healthz",)]
        assert counted == after[checks]
        assert after[f"{took}_bucket", ("+Inf", "healthz")] == counted
        assert after["passline_http_requests_total", ("GET", "none", "404")] == 1
        assert after["passline_intake_results_total", ()] == 6
    mine = folders()
    assert mine
    assert server.stop() == 0
    assert folders() < mine


def push(server: Scraped, token: str, query: str) -> None:
    request = urllib.request.Request(
        f"http://127.0.0.1:{server.port}/api/v1/intake/junit/?{query}",
        data=JUNIT,
        headers={"Authorization": f"Bearer {token}", "Content-Type": "text/xml"},
    )
    with urllib.request.urlopen(request, timeout=240) as answer:
        assert answer.status == 201
