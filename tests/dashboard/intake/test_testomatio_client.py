"""Testomat.io's own clients, unchanged, against a web server of Passline."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

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
from tests.services import free_port

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
