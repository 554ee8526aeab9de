"""Testmo's own command-line client, unchanged, against a web server of Passline."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection

from dashboard.embedded import assets
from dashboard.intake import rate
from dashboard.models import ApiToken
from ingest.intake.closing import close_abandoned
from ingest.intake.projects import create_project
from ingest.models import MilestoneMember, Project, Result, ResultText, Run, Thread
from ingest.rollups import differences
from tests import clients
from tests.clock import START
from tests.dashboard.intake.tls import TlsFront
from tests.dashboard.page_reader import person
from tests.dashboard.slow_clients import WebServer
from tests.services import wait_for

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("empty_redis"),
]
SMALL = """<testsuites time="3.75"><testsuite name="cart">
<testcase classname="checkout.cart" name="adds item" time="0.5" file="tests/cart.ts"
 line="12" assertions="3"/>
<testcase classname="checkout.cart" name="removes item" time="1.25">
 <failure message="expected 0 to equal 1" type="AssertionError">at cart.ts:20
stack line 2</failure>
 <system-out>hello out</system-out>
 <properties><property name="owner" value="team-a"/>
 <property name="url:build" value="https://ci.example/1"/>
 <property name="attachment" value="https://ci.example/shot.png"/></properties>
</testcase>
<testcase classname="checkout.cart" name="boom" time="0.1">
 <error message="TypeError: x" type="TypeError">trace</error></testcase>
<testcase classname="checkout.cart" name="later"><skipped/></testcase>
<testcase name="no class" time="1,9"/>
<testcase classname="checkout.cart" name="adds item" time="0.1"/>
</testsuite></testsuites>"""


class VendorClient:
    """The program with its token, its project and a folder for what it reads."""

    def __init__(self, front: TlsFront, project: Project, token: str, folder: Path):
        self.front, self.project, self.folder = front, project, folder
        self.environment = {
            "PATH": assets.search_path(),
            "HOME": str(folder),
            "NODE_EXTRA_CA_CERTS": str(front.certificate),
            "TESTMO_TOKEN": token,
            "NO_PROXY": "*",
        } | {k: v for k, v in os.environ.items() if k.startswith("LD_")}

    def start(self, command: str, *words: str) -> subprocess.Popen[str]:
        where = ["--instance", f"https://127.0.0.1:{self.front.port}"]
        program = str(clients.install() / "testmo")
        return subprocess.Popen(
            [program, f"automation:{command}", *where, *words],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def call(self, command: str, *words: str, code: int = 0) -> str:
        process = self.start(command, *words)
        out, err = process.communicate(timeout=240)
        assert process.returncode == code, out + err
        return out + err

    def submit(self, file: str, *words: str, code: int = 0) -> str:
        return self.call(
            "run:submit", *self.run_of(), *self.results(file), *words, code=code
        )

    def run_of(self) -> list[str]:
        project = ["--project-id", str(self.project.pk)]
        return [*project, "--name", "Nightly", "--source", "frontend"]

    def results(self, text: str) -> list[str]:
        file = self.folder / f"{len(list(self.folder.iterdir()))}.xml"
        file.write_text(text)
        return ["--results", str(file)]


@pytest.fixture(scope="module")
def front(
    django_db_setup: None, redis_server: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[TlsFront]:
    folder = tmp_path_factory.mktemp("testmo")
    front = TlsFront(folder)
    database = str(connection.settings_dict["NAME"])
    host = {"INTAKE_TESTMO_HOST": f"127.0.0.1:{front.port}"}
    server = WebServer(database, folder, **host)
    front.start(server.port)
    yield front
    front.stop()
    server.stop()


@pytest.fixture
def testmo(transactional_db: None, front: TlsFront, tmp_path: Path) -> VendorClient:
    project = create_project("Shop")
    _, text = ApiToken.issue(person().pk, scopes=["intake"], projects=[project])
    return VendorClient(front, project, text, tmp_path)


def many(count: int) -> str:
    cases = (
        f'<testcase classname="big" name="t{n}" time="0.01"/>' for n in range(count)
    )
    return f"<testsuite>{''.join(cases)}</testsuite>"


def only_run() -> Run:
    return Run.objects.get()


def fields_of(details: dict[str, Any]) -> dict[str, Any]:
    return {field["name"]: field for field in details["fields"]}


def test_a_small_file(testmo: VendorClient):
    words = ["--tags", "nightly", "--config", "Chrome", "--milestone", "v1.2"]
    out = testmo.submit(SMALL, *words)
    run = only_run()
    assert str(run.pk) in out
    assert (run.is_open, run.status, run.name) == (False, "failed", "Nightly")
    assert (run.source.name, run.configuration.name) == ("frontend", "Chrome")
    assert run.attached.values["tags"] == ["nightly"]
    assert MilestoneMember.objects.get().name == "v1.2"
    assert (run.passed, run.failed, run.error, run.skipped) == (2, 1, 1, 1)
    assert run.attempts_passed == 3
    assert run.duration_ms == 3750
    rows = Result.objects.filter(run=run).order_by("ordinal")
    told = rows.values_list("case__name", "case__folder", "duration_ms", "attempt")
    assert list(told) == [
        ("adds item", "checkout.cart", 500, 1),
        ("removes item", "checkout.cart", 1250, 1),
        ("boom", "checkout.cart", 100, 1),
        ("later", "checkout.cart", None, 1),
        ("no class", "Unnamed folder", 1900, 1),
        ("adds item", "checkout.cart", 100, 2),
    ]
    texts = {text.ordinal: text for text in ResultText.objects.filter(run=run)}
    assert texts[0].details == {"file": "tests/cart.ts", "line": 12, "assertions": 3}
    assert texts[1].message == "expected 0 to equal 1\nat cart.ts:20\nstack line 2"
    fields = fields_of(texts[1].details)
    assert fields["Failure"]["meta"]["type"] == "AssertionError"
    assert fields["Failure"]["is_highlight"] is True
    assert (fields["Output"]["type"], fields["Output"]["value"]) == (4, "hello out")
    assert (fields["owner"]["type"], fields["build"]["type"]) == (1, 5)
    (artifact,) = texts[1].details["artifacts"]
    assert artifact["url"] == "https://ci.example/shot.png"
    assert artifact["mime_type"] == "image/png"
    assert texts[2].message == "TypeError: x\ntrace"
    assert list(differences()) == []


def test_six_hundred_tests_with_resources_and_a_command(testmo: VendorClient):
    resources = ["--resources", "resources.json"]
    for kind, words in {
        "field": ["--name", "commit", "--type", "string", "--value", "abc123"],
        "link": ["--name", "Build", "--url", "https://ci.example/1"],
        "artifact": ["--name", "trace.zip", "--url", "https://ci.example/trace.zip"],
    }.items():
        called = [
            str(clients.install() / "testmo"),
            f"automation:resources:add-{kind}",
            *resources,
            *words,
        ]
        subprocess.run(
            called, cwd=testmo.folder, env=testmo.environment, check=True, timeout=240
        )
    # What fails is told by the client's own exit code, once everything is uploaded.
    command = ["--", "sh", "-c", "echo hi; exit 3"]
    testmo.submit(many(600), *resources, *command, code=3)
    run = only_run()
    assert (run.passed, run.status, run.commit) == (600, "passed", "abc123")
    assert Result.objects.filter(run=run).count() == 600
    assert set(run.attached.values) == {"fields", "links", "artifacts"}
    (thread,) = Thread.objects.filter(run=run)
    assert thread.attached.observed_us > 0
    assert thread.attached.computed_us == 6_000_000
    # What was observed is the time of the thread, and so of the run.
    observed_ms = round(thread.attached.observed_us / 1000)
    assert thread.duration_ms == run.duration_ms == observed_ms
    output = fields_of(thread.attached.values)["Output"]["value"]
    assert "hi" in output
    assert "exit code 3" in output


def test_parallel_threads(testmo: VendorClient):
    run_id = testmo.call("run:create", *testmo.run_of()).strip()
    run = only_run()
    assert run_id == str(run.pk)
    files = [SMALL, many(300)]
    senders = [
        testmo.start(
            "run:submit-thread", "--run-id", run_id, *testmo.results(one)
        )
        for one in files
    ]  # fmt: skip
    for sender in senders:
        out, err = sender.communicate(timeout=240)
        assert sender.returncode == 0, out + err
    run.refresh_from_db()
    assert (run.is_open, run.status, run.thread_count) == (True, "running", 2)
    assert {thread.status for thread in run.threads.all()} == {"passed", "failed"}
    testmo.call("run:complete", "--run-id", run_id)
    run.refresh_from_db()
    assert (run.is_open, run.status, run.counts.total) == (False, "failed", 305)
    # It is measured from its creation, unless the client is told otherwise.
    lasted = run.finished_at - run.at
    assert run.duration_ms == round(lasted / timedelta(milliseconds=1))
    assert "completed" in testmo.call("run:complete", "--run-id", run_id, code=1)


def test_a_command_that_fails(testmo: VendorClient):
    testmo.submit(SMALL, "--", "false", code=1)
    assert only_run().status == "failed"
    assert not only_run().is_open


def test_a_file_without_tests(testmo: VendorClient):
    testmo.submit("<testsuite/>")
    run = only_run()
    assert (run.is_open, run.counts.total) == (False, 0)


def test_a_wrong_token_is_told(testmo: VendorClient):
    testmo.environment["TESTMO_TOKEN"] = "passline_nonsense"
    assert "unknown, expired or revoked" in testmo.submit(SMALL, code=1)
    assert not Run.objects.exists()


def test_a_project_of_others_is_told(testmo: VendorClient):
    testmo.project = create_project("Other")
    assert "not for project" in testmo.submit(SMALL, code=1)
    assert not Run.objects.exists()


def test_what_is_invalid_is_told(testmo: VendorClient):
    out = testmo.submit(SMALL, "--config-id", "99", code=1)
    assert "config_id 99 is no configuration" in out
    assert not Run.objects.exists()


def test_who_sends_too_often_is_told_and_the_run_stays_open(testmo: VendorClient):
    run_id = testmo.call("run:create", *testmo.run_of()).strip()
    token = ApiToken.objects.get()
    # The clock of the tests stands still, and that of the web server does not.
    minutes = range(24 * 60)
    begun_s = START.timestamp()
    keys = [rate.key_of(token, begun_s + n * rate.MINUTE_S) for n in minutes]
    cache.set_many(dict.fromkeys(keys, rate.MOST_A_MINUTE), 600)
    words = ["--run-id", run_id, *testmo.results(SMALL)]
    out = testmo.call("run:submit-thread", *words, code=1)
    assert "requests in a minute" in out
    assert only_run().is_open


def test_a_client_that_is_killed_leaves_a_run_that_closes_itself(
    testmo: VendorClient, settings: Any
):
    # The run, its thread, two times 250 tests, and then the wire is dead.
    testmo.front.stalls_after = testmo.front.taken + 4
    words = [*testmo.run_of(), *testmo.results(many(1000))]
    client = testmo.start("run:submit", *words)
    try:
        wait_for(lambda: Result.objects.count() == 500, "two appends")
    finally:
        client.kill()
        client.communicate(timeout=240)
        testmo.front.let_go()
    run = only_run()
    assert (run.is_open, run.status, run.passed) == (True, "running", 500)
    settings.INTAKE_TIMEOUT_MINUTES = 30
    assert close_abandoned(run.pushed.last_at + timedelta(minutes=31)) == 1
    run.refresh_from_db()
    run.pushed.refresh_from_db()
    assert (run.is_open, run.pushed.is_abandoned, run.passed) == (False, True, 500)
    assert list(differences()) == []
    # What comes after all opens it again.
    words = ["--run-id", str(run.pk), *testmo.results(many(10))]
    testmo.call("run:submit-thread", *words)
    testmo.call("run:complete", "--run-id", str(run.pk))
    run.refresh_from_db()
    run.pushed.refresh_from_db()
    assert (run.is_open, run.pushed.is_abandoned) == (False, False)
    assert run.attempts_passed == 510


def test_the_version_that_is_tested_is_the_pinned_one():
    package = json.loads((clients.FOLDER / "package.json").read_text())
    locked = json.loads((clients.FOLDER / "package-lock.json").read_text())["packages"]
    assert package["dependencies"]["@testmo/testmo-cli"] == "1.5.0"
    for name, one in locked.items():
        assert "resolved" not in one
        assert "integrity" in one or not name
