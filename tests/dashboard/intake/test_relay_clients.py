"""The vendors' own clients, unchanged, and their reports handed on by a real worker."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from dashboard.models import ApiToken
from ingest.intake.closing import close_abandoned
from ingest.models import (
    STATUS_OF_CODE,
    Project,
    RelayedPart,
    Result,
    ResultText,
    Run,
)
from ingest.rollups import differences
from ingest.simulator.testomatio import SimulatedTestomatio
from ingest.tasks import hand_on_what_waits
from tests.clock import now
from tests.dashboard.intake import test_testmo_client as testmo_cli
from tests.dashboard.intake import test_testomatio_client as reporters
from tests.dashboard.intake.relays import (
    at_vendor,
    project_of,
    relaying,
    stored_results,
)
from tests.dashboard.intake.tls import TlsFront
from tests.dashboard.page_reader import person
from tests.dashboard.slow_clients import WebServer
from tests.ingest import small_world
from tests.ingest.served import Served, a_testmo, let_time_pass, served, some_run
from tests.services import free_port, wait_for

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("empty_redis", "live_worker"),
]

Site = tuple[TlsFront, WebServer]


@pytest.fixture(autouse=True)
def _reachable(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.ALLOW_PRIVATE_VENDOR_URLS = True
    # The worker of each test has it from here.
    monkeypatch.setenv("ALLOW_PRIVATE_VENDOR_URLS", "on")


@pytest.fixture(scope="module")
def site(
    django_db_setup: None, redis_server: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """One web server that both clients know, for one of them behind TLS."""
    folder, port = tmp_path_factory.mktemp("relay"), free_port()
    front = TlsFront(folder)
    hosts = {
        "INTAKE_TESTMO_HOST": f"127.0.0.1:{front.port}",
        "INTAKE_TESTOMATIO_HOST": f"127.0.0.1:{port}",
    }
    database = str(connection.settings_dict["NAME"])
    server = WebServer(database, folder, port=port, **hosts)
    front.start(port)
    yield front, server
    front.stop()
    server.stop()


@pytest.fixture
def testmo() -> Iterator[Served]:
    with served(a_testmo()) as vendor:
        yield relaying(vendor)


@pytest.fixture
def testomatio() -> Iterator[Served]:
    world = small_world.world("testomatio", [some_run(1)], [some_run(11)])
    with served(SimulatedTestomatio(world, relaxed=True)) as vendor:
        yield relaying(vendor)


def token(project: Project) -> str:
    return ApiToken.issue(person().pk, scopes=["intake"], projects=[project])[1]


@pytest.fixture
def cli(testmo: Served, site: Site, tmp_path: Path) -> testmo_cli.VendorClient:
    project = project_of(testmo)
    return testmo_cli.VendorClient(site[0], project, token(project), tmp_path)


@pytest.fixture
def reporter(testomatio: Served, site: Site, tmp_path: Path) -> reporters.VendorClient:
    text = token(project_of(testomatio))
    return reporters.VendorClient(site[1], text, tmp_path)


def pushed() -> Run:
    return Run.objects.get(pushed__isnull=False)


def all_sent() -> bool:
    return not RelayedPart.objects.exclude(state="sent").exists()


def all_sent_at_last() -> bool:
    """Without the pauses between two tries. One may just be failing, and note the next
    one behind this: so the worker is told again, as the beat does.
    """
    unsent = RelayedPart.objects.filter(state="waiting", claimed_until=None)
    if unsent.update(next_try_at=now() - timedelta(days=1)):
        hand_on_what_waits.delay()
        time.sleep(1)
    return all_sent()


def told(run: Run) -> list[tuple[str, str]]:
    """Name and outcome of each result, in the order in which it came in."""
    rows = Result.objects.filter(run=run, removed_at=None).order_by("ordinal")
    return [(row.case.name, str(STATUS_OF_CODE[row.status])) for row in rows]


def test_what_testmos_client_sends_is_at_testmo_and_stays_once(
    testmo: Served, cli: testmo_cli.VendorClient
):
    cli.submit(testmo_cli.SMALL, "--tags", "nightly")
    wait_for(all_sent, "everything to be handed on")
    run, vendors = pushed(), at_vendor(testmo)
    before = stored_results(run)
    assert len(before) == 6
    assert (run.external_id, run.status) == (str(vendors.number), "failed")
    ours = Result.objects.filter(run=run).order_by("ordinal")
    assert [one.case.key for one in ours] == [
        f"frontend:{one.key}" for one in vendors.results
    ]
    assert vendors.finished_at is not None
    assert vendors.tags == ("nightly",)
    for _ in range(2):
        let_time_pass()
        assert testmo.sync(is_look=True).status == "ok"
        assert stored_results(run) == before
    assert Run.objects.filter(name="Nightly").count() == 1
    messages = ResultText.objects.filter(run=run, message__contains="stack line 2")
    assert messages.count() == 1
    assert list(differences()) == []


def test_a_tool_that_is_down_gets_everything_in_order_afterwards(
    testmo: Served, cli: testmo_cli.VendorClient
):
    testmo.simulator.faults.add("POST ", "status:503", times=None)
    cli.submit(testmo_cli.many(600))
    run = pushed()
    assert (run.is_open, run.passed) == (False, 600)
    wait_for(lambda: RelayedPart.objects.filter(tries__gt=0).exists(), "a try")
    assert testmo.simulator.pushed == {}
    testmo.simulator.faults.clear()
    wait_for(all_sent_at_last, "everything to be handed on")
    vendors = at_vendor(testmo)
    ours = Result.objects.filter(run=run).order_by("ordinal")
    assert [one.case.key for one in ours] == [
        f"frontend:{one.key}" for one in vendors.results
    ]
    assert vendors.finished_at is not None
    before = stored_results(run)
    let_time_pass()
    assert testmo.sync(is_look=True).status == "ok"
    assert stored_results(run) == before
    assert list(differences()) == []


def test_what_a_client_sent_before_it_was_killed_is_at_the_tool(
    testmo: Served, cli: testmo_cli.VendorClient, settings: Any
):
    # The run, its thread, two times 250 tests, and then the wire is dead.
    cli.front.stalls_after = cli.front.taken + 4
    words = [*cli.run_of(), *cli.results(testmo_cli.many(1000))]
    client = cli.start("run:submit", *words)
    try:
        wait_for(lambda: len(told_at(testmo)) == 500, "two appends at the tool")
    finally:
        client.kill()
        client.communicate(timeout=240)
        cli.front.let_go()
    wait_for(all_sent, "everything to be handed on")
    run = pushed()
    settings.INTAKE_TIMEOUT_MINUTES = 30
    assert close_abandoned(run.pushed.last_at + timedelta(minutes=31)) == 1
    before = stored_results(run)
    let_time_pass()
    assert testmo.sync(is_look=True).status == "ok"
    run = pushed()
    # At the tool nobody ended it.
    assert (run.is_open, run.pushed.is_abandoned, run.passed) == (False, True, 500)
    assert at_vendor(testmo).finished_at is None
    assert stored_results(run) == before
    assert list(differences()) == []


def told_at(vendor: Served) -> list[Any]:
    return [one for _, run in vendor.simulator.pushed.values() for one in run.results]


@pytest.mark.parametrize("way", ["batch", "single"])
def test_what_a_reporter_sends_is_at_testomat_io_and_stays_once(
    testomatio: Served, reporter: reporters.VendorClient, way: str
):
    settings = {"TESTOMATIO_DISABLE_BATCH_UPLOAD": "1"} if way == "single" else {}
    reporter.mocha(TESTOMATIO_TITLE="Live", **settings)
    wait_for(all_sent, "everything to be handed on")
    run = pushed()
    before = told(run)
    assert sorted(status for _, status in before) == ["failed", "passed", "skipped"]
    for _ in range(2):
        let_time_pass()
        assert testomatio.sync(is_look=True).status == "ok"
        assert told(run) == before
    run.refresh_from_db()
    assert (run.is_open, run.status) == (False, "failed")
    assert (run.passed, run.failed, run.skipped) == (1, 1, 1)
    assert run.vendor_counts is not None
    told_there = [run.vendor_counts[name] for name in ("passed", "failed", "skipped")]
    assert told_there == [1, 1, 1]
    assert Run.objects.filter(name="Live").count() == 1
    assert list(differences()) == []


def test_a_file_of_600_tests_reaches_a_tool_that_was_down(
    testomatio: Served, reporter: reporters.VendorClient
):
    testomatio.simulator.faults.add(
        "(POST|PUT) /api/reporter", "status:503", times=None
    )
    cases = (f'<testcase classname="big" name="t{n}" time="0.01"/>' for n in range(600))
    text = f'<testsuite name="big">{"".join(cases)}</testsuite>'
    (reporter.folder / "big.xml").write_text(text)
    reporter.call("report-xml", "big.xml", TESTOMATIO_TITLE="Big")
    assert pushed().passed == 600
    wait_for(lambda: RelayedPart.objects.filter(tries__gt=0).exists(), "a try")
    testomatio.simulator.faults.clear()
    wait_for(all_sent_at_last, "everything to be handed on")
    let_time_pass()
    assert testomatio.sync(is_look=True).status == "ok"
    run = pushed()
    assert (run.is_open, run.passed, run.counts.total) == (False, 600, 600)
    assert Result.objects.filter(run=run).count() == 600
    assert run.vendor_counts["passed"] == 600
    assert Run.objects.filter(name="Big").count() == 1
    assert list(differences()) == []
