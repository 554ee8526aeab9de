"""The Celery app: its schedule, its worker, and the signs of life that both give."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
import redis

from dashboard import heartbeats
from dashboard.celery import app
from dashboard.operations import signs
from dashboard.program import program_stamp
from ingest.tasks import keep_house
from tests.services import ROOT, wait_for


def test_everything_on_the_schedule_is_a_task_that_exists():
    app.loader.import_default_modules()
    scheduled = {entry["task"] for entry in app.conf.beat_schedule.values()}
    assert scheduled == {
        "ingest.tasks.start_due_syncs",
        "ingest.tasks.follow_started_runs",
        "ingest.tasks.hand_on_what_waits",
        "ingest.tasks.keep_house",
        "dashboard.tasks.refresh_standard_figures",
        "dashboard.tasks.send_digests_and_alerts",
    }
    assert scheduled <= set(app.tasks)
    assert set(app.conf.task_routes) <= set(app.tasks)


def test_a_look_that_nobody_made_expires_before_the_next_one():
    for entry in app.conf.beat_schedule.values():
        assert entry["options"]["expires"] <= entry["schedule"]


def unfinished(url: str) -> int:
    with redis.Redis.from_url(url) as client:
        return int(client.llen("passline")) + int(client.hlen("unacked"))


def test_a_real_worker_takes_a_task_and_gives_a_sign_of_life(
    live_worker, redis_server, settings
):
    assert heartbeats.is_alive("worker", settings.DATA_DIR)
    (sign,) = signs.signs()
    assert (sign.name, sign.program) == ("worker", program_stamp())
    assert sign.age_s < heartbeats.TOO_OLD_S
    assert abs(sign.ahead_s) < 1
    keep_house.delay()
    wait_for(lambda: unfinished(redis_server) == 0, "the worker to take the task")
    assert "Traceback" not in live_worker.log.read_text()


@pytest.mark.parametrize(("age_s", "code"), [(5, 0), (600, 1)])
def test_the_health_check_of_a_container_believes_only_a_recent_sign(
    tmp_path, age_s, code
):
    heartbeats.beat_once("beat", tmp_path)
    file = heartbeats.file_of("beat", tmp_path)
    then = file.stat().st_mtime - age_s
    os.utime(file, (then, then))
    done = subprocess.run(
        [sys.executable, "-m", "dashboard.heartbeats", "beat"],
        cwd=ROOT,
        env={**os.environ, "DATA_DIR": str(tmp_path)},
    )
    assert done.returncode == code
