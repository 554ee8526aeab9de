"""Lines of the log: their form, and the ids that lead from a request to its tasks."""

from __future__ import annotations

import io
import json
import logging
import os
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client

from dashboard.operations.logs import (
    JsonFormatter,
    TextFormatter,
    TracebacksOfFaults,
)
from dashboard.operations.request_ids import HEADER
from ingest.logged import ids, logged_with
from ingest.models import Sync
from ingest.tasks import request_sync
from tests.dashboard.page_reader import logged_in, person
from tests.dashboard.slow_clients import WebServer
from tests.dashboard.test_security import LINES
from tests.factories import make_connection
from tests.services import ROOT, Worker, free_port, wait_for

OURS = re.compile(r"[0-9a-f]{32}")
GIVEN = "0f3b-of.a_client"


def record(message: str, *, info: Any = None) -> logging.LogRecord:
    return logging.LogRecord("a.b", logging.ERROR, "", 0, "%s", (message,), info)


def test_a_line_for_people_says_the_ids_behind_its_message():
    formatter = TextFormatter("%(levelname)s %(name)s: %(message)s")
    assert formatter.format(record("broken")) == "ERROR a.b: broken"
    with logged_with(request_id="r1"), logged_with(sync_id=7):
        line = formatter.format(record("broken"))
    assert line == "ERROR a.b: broken [request_id=r1 sync_id=7]"
    assert ids() == {}


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What the handler of the settings would write."""
    text = io.StringIO()
    handler = logging.StreamHandler(text)
    handler.setFormatter(TextFormatter("%(levelname)s %(name)s: %(message)s"))
    own = settings.LOGGING["handlers"]["stderr"]["filters"]
    assert own == ["faults"]
    handler.addFilter(TracebacksOfFaults())
    logging.getLogger().addHandler(handler)
    yield text
    logging.getLogger().removeHandler(handler)


@pytest.mark.django_db
def test_what_is_refused_is_a_line_and_what_broke_has_its_traceback(
    written, monkeypatch
):
    """Anybody may ask under a wrong host, again and again."""
    client = logged_in(person())
    client.raise_request_exception = False
    assert client.get("/", headers={"Host": "evil.example"}).status_code == 400
    assert client.get("/people/").status_code == 403
    refused = written.getvalue()
    assert "evil.example" in refused
    assert "Forbidden" in refused
    assert "Traceback" not in refused
    monkeypatch.setattr("dashboard.pages.runs.views.run_with_acts_or_404", None)
    assert client.get("/runs/1/").status_code == 500
    assert "Traceback" in written.getvalue()


def test_a_line_for_programs_is_one_json_object():
    try:
        raise ValueError("token=s3cret\nwas refused")
    except ValueError:
        info = sys.exc_info()
    with logged_with(request_id="r1"):
        text = JsonFormatter().format(record('it said "no"\nagain', info=info))
    assert "\n" not in text
    line = json.loads(text)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line["time"])
    assert line | {"time": "", "exception": ""} == {
        "time": "",
        "level": "error",
        "logger": "a.b",
        "message": 'it said "no"\nagain',
        "process": os.getpid(),
        "request_id": "r1",
        "exception": "",
    }
    assert "ValueError: token=***" in line["exception"]
    assert "s3cret" not in text


@pytest.mark.parametrize("said", LINES)
def test_no_secret_is_in_a_line_for_programs(said):
    one = record(said)
    one.told = {"path": said}
    text = JsonFormatter().format(one)
    assert "s3cret" not in text
    assert json.loads(text)["path"] == json.loads(text)["message"]


@pytest.mark.parametrize(
    "given",
    ["", "short", "x" * 65, "with a blank", "a\tb-c-d-e-f", "ünïcödé-id", "<b>12345"],
)
def test_an_id_that_is_not_well_formed_is_replaced(given):
    answer = Client().get("/healthz", headers={HEADER: given} if given else {})
    assert OURS.fullmatch(answer.headers[HEADER])


def test_an_id_of_the_client_is_sent_back():
    answer = Client().get("/healthz", headers={HEADER: GIVEN})
    assert answer.headers[HEADER] == GIVEN
    assert ids() == {}
    others = {Client().get("/healthz").headers[HEADER] for _ in range(3)}
    assert len(others) == 3


@pytest.fixture
def json_worker(
    transactional_db: None,
    empty_redis: None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Worker]:
    monkeypatch.setenv("LOG_FORMAT", "json")
    worker = Worker(str(connection.settings_dict["NAME"]), tmp_path)
    yield worker
    worker.stop()


def lines(log: Path) -> list[dict[str, Any]]:
    """All of them; one that is no JSON fails the test."""
    return [json.loads(line) for line in log.read_text().splitlines() if line.strip()]


def test_the_id_of_a_request_goes_with_the_tasks_that_follow(json_worker):
    """Nobody answers there, so the sync ends with a sentence."""
    tool = make_connection(base_url=f"http://127.0.0.1:{free_port()}")
    with logged_with(request_id=GIVEN):
        sync = request_sync(tool.pk)
    wait_for(
        lambda: Sync.objects.filter(pk=sync, finished_at__isnull=False), "the sync"
    )
    (said,) = wait_for(
        lambda: [one for one in lines(json_worker.log) if one.get("vendor")],
        "the line that says so",
    )
    assert said["request_id"] == GIVEN
    assert (said["sync_id"], said["status"]) == (sync, "failed")
    assert said["task"] == "ingest.tasks.sync_connection"
    assert said["connection"] == tool.name


def test_a_web_server_writes_a_line_of_json_for_each_request(
    transactional_db, empty_redis, tmp_path
):
    # Without anybody each page leads to the first user's form.
    person("ada")
    name = str(connection.settings_dict["NAME"])
    server = WebServer(name, tmp_path, LOG_FORMAT="json")
    try:
        request = urllib.request.Request(
            f"http://127.0.0.1:{server.port}/login/?next=/s3cret/",
            headers={HEADER: GIVEN},
        )
        with urllib.request.urlopen(request, timeout=240) as answer:
            assert answer.headers[HEADER] == GIVEN
    finally:
        server.stop()
    (line,) = [one for one in lines(server.log) if one.get("route") == "login"]
    assert line["request_id"] == GIVEN
    assert (line["method"], line["path"], line["status"]) == ("GET", "/login/", 200)
    assert line["duration_ms"] > 0
    assert "s3cret" not in server.log.read_text()
    # Of checks of health there would be nothing else.
    assert [one for one in lines(server.log) if one.get("route") == "healthz"] == []


def test_a_form_that_is_not_known_stops_the_start():
    done = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=ROOT,
        env={**os.environ, "LOG_FORMAT": "xml"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "LOG_FORMAT is 'xml'; say text or json." in done.stderr
