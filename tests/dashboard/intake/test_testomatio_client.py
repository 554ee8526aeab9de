"""Testomat.io's own clients, unchanged, against a web server of Passline."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest
from django.db import connection

from dashboard.embedded import assets
from dashboard.models import ApiToken
from ingest.intake.projects import create_project
from ingest.models import Case, Project, Result, ResultText, Run
from ingest.rollups import differences
from tests import clients
from tests.dashboard.page_reader import person
from tests.dashboard.slow_clients import WebServer
from tests.services import free_port, wait_for

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("empty_redis"),
]
SMALL = """<testsuites time="3.75"><testsuite name="cart">
<testcase classname="checkout.cart" name="adds item" time="0.5"/>
<testcase classname="checkout.cart" name="removes item" time="1.25">
 <failure message="expected 0 to equal 1" type="AssertionError">at cart.ts:20
stack line 2</failure>
</testcase>
<testcase classname="checkout.cart" name="later"><skipped/></testcase>
<testcase classname="checkout.cart" name="adds item" time="0.1"/>
</testsuite></testsuites>"""
SOURCE = """const assert = require('assert');
describe('Cart @S1a2b3c4d', () => {
  it('adds item @T11112222', () => {});
  it('removes item', () => { assert.strictEqual(0, 1); });
  it.skip('later', () => {});
});
"""


TAGGED = """const { label } = require('@testomatio/reporter');
describe('Cart', () => {
  it('adds item @smoke @T11112222', () => {});
  it('removes item (now) @smoke', () => {});
  it('later', () => { label('severity', 'high'); });
  it('never', () => {});
});
"""
WITH_FILE = """const { artifact } = require('@testomatio/reporter');
describe('Cart', () => {
  it('adds item', () => {});
  it('with a file', () => { artifact(process.cwd() + '/shot.txt'); });
});
"""


class VendorClient:
    """The programs with a token, and a folder for what they read."""

    def __init__(self, server: WebServer, token: str, folder: Path) -> None:
        self.folder = folder
        self.environment = {
            "PATH": assets.search_path(),
            "HOME": str(folder),
            "NODE_PATH": str(clients.FOLDER / "node_modules"),
            "TESTOMATIO": token,
            "TESTOMATIO_URL": f"http://127.0.0.1:{server.port}",
            "NO_PROXY": "*",
        } | {k: v for k, v in os.environ.items() if k.startswith("LD_")}
        (folder / "t").mkdir()
        (folder / "t" / "cart.test.js").write_text(SOURCE)
        (folder / "small.xml").write_text(SMALL)

    def start(self, program: str, *words: str, **told: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [str(clients.install() / program), *words],
            cwd=self.folder,
            env=self.environment | told,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def call(self, program: str, *words: str, code: int = 0, **told: str) -> str:
        process = self.start(program, *words, **told)
        out, _ = process.communicate(timeout=240)
        assert process.returncode == code, out
        return out

    def mocha(self, **told: str) -> str:
        return self.call("mocha", *self.mocha_words(), code=1, **told)

    def mocha_words(self) -> list[str]:
        reporter = clients.FOLDER / "node_modules/@testomatio/reporter/lib/adapter"
        return ["--reporter", str(reporter / "mocha.js"), "t/cart.test.js"]


@pytest.fixture(scope="module")
def server(
    django_db_setup: None, redis_server: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[WebServer]:
    folder = tmp_path_factory.mktemp("testomatio")
    port = free_port()
    host = {"INTAKE_TESTOMATIO_HOST": f"127.0.0.1:{port}"}
    server = WebServer(str(connection.settings_dict["NAME"]), folder, port=port, **host)
    yield server
    server.stop()


@pytest.fixture
def project(transactional_db: None) -> Project:
    return create_project("Shop")


@pytest.fixture
def testomatio(project: Project, server: WebServer, tmp_path: Path) -> VendorClient:
    _, text = ApiToken.issue(person().pk, scopes=["intake"], projects=[project])
    return VendorClient(server, text, tmp_path)


def only_run() -> Run:
    return Run.objects.get()


def keys(run: Run) -> list[str]:
    rows = Result.objects.filter(run=run).order_by("ordinal")
    return list(rows.values_list("case__key", flat=True))


def test_a_file_of_junit(testomatio: VendorClient, server: WebServer):
    out = testomatio.call(
        "report-xml",
        "small.xml",
        TESTOMATIO_TITLE="Nightly",
        TESTOMATIO_ENV="chrome,staging",
        TESTOMATIO_RUNGROUP_TITLE="Release 1",
        TESTOMATIO_LABEL="severity:high",
        BUILD_URL="https://ci.example/9",
    )
    run = only_run()
    assert f"http://127.0.0.1:{server.port}/runs/{run.pk}/" in out
    assert (run.name, run.is_open, run.status) == ("Nightly", False, "failed")
    assert (run.configuration.name, run.source.name) == ("chrome, staging", "Release 1")
    assert (run.passed, run.failed, run.skipped) == (1, 1, 1)
    # The second attempt of one test is a row, and its last is the final.
    assert len(keys(run)) == 4
    assert run.attached.values["links"][0]["url"] == "https://ci.example/9"
    message = ResultText.objects.get(run=run, message__contains="stack line 2").message
    assert "expected 0 to equal 1" in message
    assert list(differences()) == []


def test_a_file_of_600_tests(testomatio: VendorClient):
    cases = (f'<testcase classname="big" name="t{n}" time="0.01"/>' for n in range(600))
    text = f'<testsuite name="big">{"".join(cases)}</testsuite>'
    (testomatio.folder / "big.xml").write_text(text)
    testomatio.call("report-xml", "big.xml")
    run = only_run()
    assert (run.is_open, run.passed) == (False, 600)


@pytest.mark.parametrize("way", ["batch", "single"])
def test_tests_that_report_live(testomatio: VendorClient, way: str):
    told = {"TESTOMATIO_DISABLE_BATCH_UPLOAD": "1"} if way == "single" else {}
    testomatio.mocha(**told)
    run = only_run()
    assert (run.is_open, run.status) == (False, "failed")
    assert (run.passed, run.failed, run.skipped) == (1, 1, 1)
    assert set(keys(run)) == {"11112222", "Cart / removes item", "Cart / later"}


def test_a_run_that_is_started_filled_and_finished_apart(testomatio: VendorClient):
    testomatio.call("reporter", "start")
    run = only_run()
    assert run.is_open
    for _ in range(2):
        testomatio.mocha(TESTOMATIO_RUN=run.external_id, TESTOMATIO_PROCEED="1")
    run.refresh_from_db()
    assert (run.is_open, run.counts.total) == (True, 3)
    testomatio.call("reporter", "finish", TESTOMATIO_RUN=run.external_id)
    run.refresh_from_db()
    assert (run.is_open, run.status, run.counts.total) == (False, "failed", 3)


def test_processes_that_share_a_run(testomatio: VendorClient):
    told = {
        "TESTOMATIO_SHARED_RUN": "1",
        "TESTOMATIO_TITLE": "Nightly",
        "TESTOMATIO_SHARDS": "3",
    }
    words = testomatio.mocha_words()
    processes = [testomatio.start("mocha", *words, **told) for _ in range(3)]
    for process in processes:
        out, _ = process.communicate(timeout=240)
        assert process.returncode == 1, out
    run = only_run()
    assert (run.is_open, run.counts.total) == (False, 3)
    assert list(differences()) == []


class SlowStore(BaseHTTPRequestHandler):
    """A store of files that takes each one only once it may."""

    may_answer: ClassVar[threading.Event]
    protocol_version = "HTTP/1.1"

    def do_PUT(self) -> None:
        self.may_answer.wait(240)
        self.send_response(200)
        self.send_header("ETag", '"1"')
        self.send_header("Content-Length", "0")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True

    def log_message(self, *words: object) -> None:
        """Nothing: what it says is no concern of a test."""


@pytest.fixture
def slow_store() -> Iterator[tuple[str, threading.Event]]:
    SlowStore.may_answer = threading.Event()
    with ThreadingHTTPServer(("127.0.0.1", 0), SlowStore) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", SlowStore.may_answer
        SlowStore.may_answer.set()
        server.shutdown()


def test_a_test_that_is_sent_behind_the_end_of_its_run(
    testomatio: VendorClient, slow_store: tuple[str, threading.Event]
):
    """As the client does whose files are uploaded more slowly than the others run."""
    url, may_answer = slow_store
    (testomatio.folder / "shot.txt").write_text("a picture")
    (testomatio.folder / "t" / "cart.test.js").write_text(WITH_FILE)
    process = testomatio.start(
        "mocha",
        *testomatio.mocha_words(),
        S3_ENDPOINT=url,
        S3_BUCKET="files",
        S3_REGION="r",
        S3_ACCESS_KEY_ID="k",
        S3_SECRET_ACCESS_KEY="s",
        S3_FORCE_PATH_STYLE="1",
        TESTOMATIO_PRIVATE_ARTIFACTS="1",
    )
    wait_for(lambda: Run.objects.filter(is_open=False).exists(), "the end of the run")
    run = only_run()
    assert run.counts.total == 1
    may_answer.set()
    out, _ = process.communicate(timeout=240)
    assert process.returncode == 0, out
    run.refresh_from_db()
    assert "finished" not in out
    assert (run.is_open, run.status, run.passed) == (False, "passed", 2)
    assert set(keys(run)) == {"Cart / adds item", "Cart / with a file"}
    assert list(differences()) == []


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("tag-name=smoke", ["T11112222", "removes.item..now..@smoke"]),
        ("label=severity:high", ["later"]),
    ],
)
def test_the_tests_of_a_filter_are_run_and_no_others(
    testomatio: VendorClient, asked: str, found: list[str]
):
    (testomatio.folder / "t" / "cart.test.js").write_text(TAGGED)
    # The client's clock is not the tests' own.
    testomatio.call("mocha", *testomatio.mocha_words(), TESTOMATIO_NO_TIMESTAMP="1")
    chosen = f"testomatio:{asked}"
    words = ("run", "--filter-list", chosen, "--format", "newline")
    out = testomatio.call("reporter", *words, TESTOMATIO_LOG_LEVEL="WARN")
    assert [line for line in out.splitlines() if "TESTOMATIO" not in line] == found
    mocha = " ".join([str(clients.install() / "mocha"), *testomatio.mocha_words()])
    testomatio.call("reporter", "run", mocha, "--filter", chosen)
    run = Run.objects.latest("pk")
    assert (run.is_open, run.status, run.counts.total) == (False, "passed", len(found))


def test_a_filter_by_what_nobody_keeps_runs_nothing_and_says_so(
    testomatio: VendorClient,
):
    words = ["run", "--filter-list", "testomatio:plan-id=1a2b3c4d"]
    out = testomatio.call("reporter", *words, code=1)
    assert "Passline keeps no plans of tests" in out
    assert "No tests found" in out
    assert not Run.objects.exists()


def test_a_key_that_nobody_knows(testomatio: VendorClient):
    out = testomatio.call("report-xml", "small.xml", TESTOMATIO="tstmt_nobody", code=0)
    assert "The token is unknown" in out
    assert not Run.objects.exists()


def test_an_import_of_tests(testomatio: VendorClient):
    out = testomatio.call("check-tests", "mocha", "t/*.test.js")
    assert "Two-phase import" in out
    cases = Case.objects.filter(declared_at__isnull=False)
    names = {"Cart / removes item", "Cart / later", "11112222"}
    assert set(cases.values_list("key", flat=True)) == names
    # The same tests run: no case comes twice.
    testomatio.mocha()
    assert Case.objects.count() == 3
    assert not Case.objects.filter(declared_at__isnull=False).exists()
    out = testomatio.call(
        "check-tests", "mocha", "t/*.test.js", TESTOMATIO="tstmt_nobody", code=1
    )
    assert "The token is unknown" in out
