"""Valkey stopped, started and emptied while people read, clients push and a sync waits."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
import requests
from django.db import connection

from dashboard.models import ApiToken, Scope
from ingest import tasks
from ingest.intake.projects import create_project
from ingest.models import Result, Run, Sync
from tests.dashboard.page_reader import person, queue_at
from tests.dashboard.slow_clients import WebServer
from tests.faults import aftermath
from tests.ingest.intake.reports import large_junit
from tests.ingest.served import Served, let_time_pass
from tests.services import RedisServer, Worker, free_port, wait_for

pytestmark = pytest.mark.django_db(transaction=True)
PAGES = ("/", "/runs/", "/flaky/", "/sync/", "/api/v1/runs/")


@pytest.fixture
def own_redis(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RedisServer]:
    server = RedisServer(free_port(), tmp_path / "redis")
    monkeypatch.setenv("REDIS_URL", server.url)
    with queue_at(server.url):
        yield server
    server.process.kill()
    server.process.wait(240)


def test_valkey_is_stopped_emptied_and_started(
    vendor: Served, own_redis: RedisServer, tmp_path: Path
):
    whole = vendor.undisturbed()
    name = str(connection.settings_dict["NAME"])
    web, worker = WebServer(name, tmp_path), Worker(name, tmp_path)
    project = create_project("Shop")
    _, token = ApiToken.issue(person().pk, scopes=[Scope.INTAKE])
    site = f"http://127.0.0.1:{web.port}"

    def is_used(build: str) -> None:
        for path in PAGES:
            answer = requests.get(site + path, timeout=240)
            assert answer.status_code == 200, (path, answer.status_code)
        pushed = requests.post(
            f"{site}/api/v1/intake/junit/",
            params={"project": project.pk, "run": build},
            data=b"".join(large_junit(20)),
            headers={"Authorization": f"Bearer {token}", "Content-Type": "text/xml"},
            timeout=240,
        )
        assert pushed.status_code == 201, pushed.text

    try:
        vendor.simulator.faults.add("/tests", "hang", seconds=3600)
        tasks.start_due_syncs.delay()
        children = Sync.objects.filter(parent__isnull=False)
        wait_for(
            lambda: (
                children.filter(status="queued", sent_at__isnull=False).exists()
                and children.filter(status="running").exists()
            ),
            "one project to be read and one to wait",
        )
        is_used("with it")
        own_redis.stop()
        is_used("without it")
        port = int(own_redis.url.rpartition(":")[2].partition("/")[0])
        own_redis.process = RedisServer(port, tmp_path / "redis").process
        is_used("with it again")
        with redis.Redis.from_url(own_redis.url) as client:
            client.flushall()
        is_used("with nothing in it")
        wait_for(worker.listens, "the worker to listen again")
        vendor.simulator.faults.let_go()
        wait_for(children.filter(status="ok").exists, "the one that was read")
        # Its message is lost; the next looks send it again.
        let_time_pass(3)
        tasks.start_due_syncs.delay()
        over = Sync.objects.filter(parent=None, finished_at__isnull=False)
        assert wait_for(over.first, "the sync to end").status == "ok"
        pushed = Run.objects.filter(project=project)
        assert (pushed.count(), Result.objects.filter(run__in=pushed).count()) == (
            4,
            80,
        )
        aftermath.nothing_is_stuck()
        project.connection.delete()
        aftermath.is_read_again()
        aftermath.is_sound(whole)
    finally:
        worker.stop()
        web.stop()
