"""What another process could have written is read, and never run."""

from __future__ import annotations

import json
import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest
import redis
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.test import Client

from dashboard.celery import app
from dashboard.embedded import processes
from dashboard.embedded.lifeline import die_with_parent
from dashboard.models import ScheduledTask
from ingest.tasks import keep_house
from tests import clock, factories
from tests.services import ROOT, Worker, wait_for

# Each keeps something in the cache: for pages, for milestones, for the API's throttle.
CACHED = [
    "/?status=failed&branch=main",
    "/flaky/?window=21d",
    "/flaky/?view=others",
    "/milestones/?branch=main",
    "/api/v1/metrics/summary/",
]


@pytest.fixture(scope="module", autouse=True)
def _the_clock_stands_still() -> None:
    """Not here: the beat is a process of its own."""


class Bomb:
    """Unpickled, it makes a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[Path]]:
        return Path.touch, (self.path,)


@pytest.fixture
def bomb(tmp_path: Path) -> Iterator[bytes]:
    file = tmp_path / "went-off"
    made = pickle.dumps(Bomb(file))
    pickle.loads(made)
    assert file.exists(), "the bomb works"
    file.unlink()
    yield made
    assert not file.exists(), "something was unpickled"


@pytest.fixture
def store(redis_server: str) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(redis_server) as client:
        yield client


# --- The cache --------------------------------------------------------------------


@pytest.fixture
def statuses(db, empty_redis, settings) -> Callable[[], list[int]]:
    """What the pages answer, with something to show on each."""
    settings.PUBLIC_READ = True
    project = factories.make_project()
    milestone = factories.make_milestone(project)
    values = {"milestones": [milestone], "branch": "main"}
    factories.make_history(project, "PFPFPFPPFF", **values)
    return lambda: [Client().get(path).status_code for path in CACHED]


def test_all_that_is_cached_is_json(statuses, store):
    assert statuses() == [200] * len(CACHED)
    keys = [key.decode() for key in store.scan_iter("passline-json:*")]
    kinds = {key.split(":")[2].partition("-")[0] for key in keys}
    assert kinds >= {"histories", "other", "milestone", "throttle"}
    for key in keys:
        json.loads(store.get(key))
    # What was kept is read, and says the same.
    assert statuses() == [200] * len(CACHED)


def test_no_pickle_is_read_that_somebody_put_into_the_cache(statuses, store, bomb):
    assert statuses() == [200] * len(CACHED)
    for key in store.scan_iter("passline-json:*"):
        store.set(key, bomb)
    assert statuses() == [200] * len(CACHED)


@pytest.mark.parametrize("value", [1, "one", [1.5, 2], {"a": None}, "☃", True])
def test_what_json_can_hold_comes_back_from_the_cache(empty_redis, value):
    cache.set("a-value", value)
    assert cache.get("a-value") == value
    assert cache.get_many(["a-value"]) == {"a-value": value}


def test_a_counter_in_the_cache_counts(empty_redis):
    assert cache.add("a-counter", 1)
    assert cache.incr("a-counter") == 2
    assert cache.get("a-counter") == 2


# --- The queue ----------------------------------------------------------------------


def test_a_worker_refuses_a_pickle_and_takes_what_comes_after_it(
    live_worker: Worker, store, bomb
):
    with app.connection_for_write() as link, link.Producer() as producer:
        producer.publish(
            bomb,
            routing_key=app.conf.task_default_queue,
            content_type="application/x-python-serialize",
            content_encoding="binary",
            headers={"task": "ingest.tasks.keep_house", "id": "1"},
        )
    keep_house.delay()
    wait_for(
        lambda: not store.llen("passline") and not store.hlen("unacked"),
        "the worker to take both",
    )
    assert live_worker.process.poll() is None


# --- The beat -----------------------------------------------------------------------


@contextmanager
def beating(folder: Path) -> Iterator[Path]:
    """A beat that has no pickle module to read with, and what it says."""
    refuse = "import pickle\npickle.loads = pickle.load = pickle.Unpickler = None\n"
    (folder / "sitecustomize.py").write_text(refuse)
    url = urlsplit(os.environ["DATABASE_URL"])
    name = f"/{connection.settings_dict['NAME']}"
    log = folder / "beat.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", *processes.beat()],
            cwd=ROOT,
            env=os.environ
            | {
                "DATABASE_URL": urlunsplit(url._replace(path=name)),
                "DATA_DIR": str(folder),
                "PYTHONPATH": str(folder),
            },
            stdout=output,
            stderr=output,
            preexec_fn=die_with_parent,
        )
    try:
        yield log
        assert process.poll() is None, log.read_text()
        assert "Traceback" not in log.read_text()
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(240) == 0


def note(name: str, minutes_ago: int) -> None:
    then = clock.now() - timedelta(minutes=minutes_ago)
    ScheduledTask.objects.create(name=name, sent_at=then)


def waiting(store: redis.Redis) -> list[str]:
    return [
        json.loads(message)["headers"]["task"]
        for message in store.lrange("passline", 0, -1)
    ]


@pytest.mark.usefixtures("transactional_db", "empty_redis")
def test_the_beat_goes_on_from_what_the_database_says(store, tmp_path):
    note("keep house", minutes_ago=61)
    note("refresh figures", minutes_ago=0)
    with beating(tmp_path):
        wait_for(lambda: "ingest.tasks.keep_house" in waiting(store), "keep house")
        wait_for(
            lambda: (
                ScheduledTask.objects.get(name="keep house").sent_at
                > clock.now() - timedelta(minutes=5)
            ),
            "the note that it was sent",
        )
    assert not list(tmp_path.rglob("*schedule*"))


@pytest.mark.usefixtures("transactional_db", "empty_redis")
def test_a_beat_that_is_started_again_does_not_begin_anew(store, tmp_path):
    note("keep house", minutes_ago=5)
    note("start due syncs", minutes_ago=1)
    with beating(tmp_path):
        wait_for(lambda: "ingest.tasks.start_due_syncs" in waiting(store), "a look")
    assert "ingest.tasks.keep_house" not in waiting(store)


@pytest.mark.usefixtures("transactional_db", "empty_redis")
def test_a_note_from_the_future_silences_nothing(store, tmp_path):
    note("start due syncs", minutes_ago=-600)
    with beating(tmp_path):
        wait_for(lambda: "ingest.tasks.start_due_syncs" in waiting(store), "a look")


def test_sessions_and_messages_are_json_too():
    assert settings.SESSION_SERIALIZER.endswith("JSONSerializer")
    assert app.conf.accept_content == ["json"]
