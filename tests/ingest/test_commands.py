"""`connect`, `sync` and `rollups` from the command line: exit codes, words, effects."""

from __future__ import annotations

import json
import os
import pty
import signal
import termios
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ingest.connections import vendors
from ingest.connectors import CONNECTORS
from ingest.models import Connection, Project, Result, Run, RunDay, Sync
from ingest.simulator.listener import running
from ingest.simulator.qatech import SimulatedQaTech
from ingest.simulator.server import Simulator
from ingest.simulator.testably import SimulatedTestably
from ingest.simulator.testifly import SimulatedTestifly
from ingest.simulator.testmo import SimulatedTestmo
from ingest.simulator.testomatio import SimulatedTestomatio
from tests import clock
from tests.ingest import manage, small_world
from tests.ingest.manage import Ended
from tests.services import free_port, wait_for

pytestmark = pytest.mark.django_db
# Another process sees only what is committed.
committed = pytest.mark.django_db(transaction=True)

SIMULATORS: dict[str, type[Simulator]] = {
    "testmo": SimulatedTestmo,
    "testomatio": SimulatedTestomatio,
    "testably": SimulatedTestably,
    "qatech": SimulatedQaTech,
    "testifly": SimulatedTestifly,
}
FIELDS_OF_JSON = [
    "connection",
    "project",
    "status",
    "started_at",
    "finished_at",
    "runs_read",
    "runs_written",
    "results_read",
    "results_written",
    "rejected",
    "unknown_statuses",
    "error",
]

Command = Callable[..., Ended]


@pytest.fixture
def command(
    capsys: pytest.CaptureFixture[str], settings: Any, clock: Any
) -> Iterator[Command]:
    settings.ALLOW_PRIVATE_VENDOR_URLS = True
    return lambda *words: manage.run(capsys, *words)


def two_projects(vendor: str) -> Simulator:
    outcomes = ["passed", "failed", "passed", "error"]
    here = [small_world.run(1, outcomes), small_world.run(2, outcomes)]
    there = [small_world.run(3, ["passed"] * 3)]
    for run in [*here, *there]:
        run.tags = ("nightly",)
    return SIMULATORS[vendor](small_world.world(vendor, here, there), relaxed=True)


@pytest.fixture
def testmo() -> Iterator[tuple[SimulatedTestmo, str]]:
    simulator = two_projects("testmo")
    with running(simulator) as url:
        yield simulator, url


@pytest.fixture
def connected(
    testmo: tuple[SimulatedTestmo, str], command: Command, monkeypatch: Any
) -> SimulatedTestmo:
    """A connection called Testmo, made by the command, to two projects."""
    simulator, url = testmo
    monkeypatch.setenv("TESTMO_KEY", simulator.secrets["token"])
    ended = command(*connecting("testmo", url), "--secret", "token=TESTMO_KEY")
    assert ended.code == 0, ended.err
    simulator.log.clear()
    return simulator


def connecting(vendor: str, url: str, name: str = "Testmo") -> list[str]:
    return ["connect", vendor, "--name", name, "--base-url", url]


def one_sentence(text: str) -> bool:
    line = text.strip()
    return "\n" not in line and line.endswith(".") and "Traceback" not in line


# --- connect ----------------------------------------------------------------------


@pytest.mark.parametrize("vendor", SIMULATORS)
def test_connect_checks_stores_and_prints_the_id(
    vendor: str, command: Command, monkeypatch: pytest.MonkeyPatch
):
    simulator = two_projects(vendor)
    with running(simulator) as url:
        told = simulator.connections(url)[0]
        words = connecting(vendor, url)
        for name, secret in told["secrets"].items():
            monkeypatch.setenv(f"KEY_{name}", secret)
            words += ["--secret", f"{name}=KEY_{name}"]
        for name, value in told["settings"].items():
            words += ["--setting", f"{name}={value}"]
        for project in told["projects"]:
            words += ["--project", project]
        ended = command(*words)
        assert simulator.log, "the credentials were not checked"
    row = Connection.objects.get()
    assert (ended.code, ended.out, ended.err) == (0, f"{row.pk}\n", "")
    assert (row.vendor, row.name, row.interval_minutes) == (vendor, "Testmo", 5)
    assert row.secrets == told["secrets"]
    assert row.project_ids == told["projects"]
    assert not any(secret in row.credentials for secret in row.secrets.values())


def test_the_documented_prefix_is_taken_like_the_origin(
    command: Command, testmo: Any, monkeypatch: pytest.MonkeyPatch
):
    simulator, url = testmo
    monkeypatch.setenv("TESTMO_KEY", simulator.secrets["token"])
    for address in (url, f"{url}/", f"{url}/api/v1", f"{url}/api/v1/"):
        words = connecting("testmo", address)
        assert command(*words, "--secret", "token=TESTMO_KEY").code == 0, address
    assert command("sync").code == 0
    assert Run.objects.count() == 3


@pytest.mark.parametrize("vendor", SIMULATORS)
def test_help_fields_prints_what_the_connector_declares(vendor: str, command: Command):
    ended = command("connect", vendor, "--help-fields")
    assert (ended.code, ended.err) == (0, "")
    for field in CONNECTORS[vendor].fields:
        kind = "secret" if field.is_secret else "setting"
        line = next(
            line for line in ended.out.splitlines() if f"--{kind} {field.name}" in line
        )
        assert field.label in line
        assert ("required" in line) == field.is_required
        assert all(choice in line for choice in field.choices)
    assert len(ended.out.splitlines()) == 1 + len(CONNECTORS[vendor].fields)
    assert [one.name for one in vendors()] == list(SIMULATORS)


@pytest.mark.parametrize("vendor", SIMULATORS)
def test_a_wrong_key_is_2_and_stores_nothing(
    vendor: str, command: Command, monkeypatch: pytest.MonkeyPatch
):
    simulator = two_projects(vendor)
    monkeypatch.setenv("WRONG", "wrong-key-5581")
    with running(simulator) as url:
        words = [*connecting(vendor, url), "--secret", "token=WRONG"]
        for project in simulator.connections(url)[0]["projects"]:
            words += ["--project", project]
        ended = command(*words)
    assert (ended.code, ended.out) == (2, "")
    assert one_sentence(ended.err.replace(". ", ", ")), ended.err
    assert "wrong-key" not in ended.err
    assert not Connection.objects.exists()


def addresses() -> dict[str, str]:
    return {
        "nobody listens": f"http://127.0.0.1:{free_port()}",
        "nobody has the name": "https://testmo.invalid",
        "no address": "testmo",
        "another protocol": "ftp://127.0.0.1/",
        "a key in the address": "https://me:secret-99@testmo.invalid",
        "nothing": " ",
    }


@pytest.mark.parametrize("what", addresses())
def test_a_wrong_address_is_2_and_stores_nothing(
    what: str, command: Command, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("TESTMO_KEY", "k")
    words = connecting("testmo", addresses()[what])
    ended = command(*words, "--secret", "token=TESTMO_KEY")
    assert (ended.code, ended.out) == (2, ""), ended
    assert len(ended.err.strip().splitlines()) == 1
    assert "secret-99" not in ended.err
    assert not Connection.objects.exists()


def test_a_private_address_is_refused_where_it_is_not_allowed(
    command: Command, settings: Any, testmo: Any, monkeypatch: pytest.MonkeyPatch
):
    settings.ALLOW_PRIVATE_VENDOR_URLS = False
    simulator, url = testmo
    monkeypatch.setenv("TESTMO_KEY", simulator.secrets["token"])
    ended = command(*connecting("testmo", url), "--secret", "token=TESTMO_KEY")
    assert ended.code == 2
    assert not Connection.objects.exists()
    assert not simulator.log


def test_a_web_page_in_place_of_an_api_is_2(
    command: Command, testmo: Any, monkeypatch: pytest.MonkeyPatch
):
    simulator, url = testmo
    simulator.faults.add("", "html", times=None)
    monkeypatch.setenv("TESTMO_KEY", simulator.secrets["token"])
    ended = command(*connecting("testmo", url), "--secret", "token=TESTMO_KEY")
    assert ended.code == 2
    assert "web page" in ended.err


def test_no_check_stores_without_asking_anybody(
    command: Command, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("TESTMO_KEY", "unproven")
    address = f"http://127.0.0.1:{free_port()}"
    words = [*connecting("testmo", address), "--secret", "token=TESTMO_KEY"]
    assert command(*words, "--no-check", "--interval", "30").code == 0
    row = Connection.objects.get()
    assert (row.base_url, row.interval_minutes) == (address, 30)
    assert row.secrets == {"token": "unproven"}


def test_the_same_name_again_changes_the_connection(
    command: Command, connected: SimulatedTestmo
):
    row = Connection.objects.get()
    Connection.objects.update(last_error="old trouble", failing_since=clock.now())
    ended = command(
        *connecting("testmo", row.base_url), "--project", "2", "--interval", "60"
    )
    assert (ended.code, ended.out) == (0, f"{row.pk}\n")
    changed = Connection.objects.get()
    assert (changed.project_ids, changed.interval_minutes) == (["2"], 60)
    assert changed.secrets == connected.secrets, "a key that is not given stays"
    assert (changed.last_error, changed.failing_since) == ("", None)


def test_another_address_forgets_what_was_found_out_about_the_first(
    command: Command, connected: SimulatedTestmo
):
    Connection.objects.update(memory={"automation_rows": {}})
    row = Connection.objects.get()
    assert command(*connecting("testmo", row.base_url)).code == 0
    assert Connection.objects.get().memory == {"automation_rows": {}}
    assert command(*connecting("testmo", f"{row.base_url}/api/v1")).code == 0
    assert Connection.objects.get().memory == {}


def test_a_failed_change_leaves_the_connection_as_it_was(
    command: Command, connected: SimulatedTestmo, monkeypatch: pytest.MonkeyPatch
):
    before = Connection.objects.values().get()
    monkeypatch.setenv("WRONG", "wrong")
    words = connecting("testmo", before["base_url"])
    assert command(*words, "--secret", "token=WRONG", "--project", "2").code == 2
    assert command(*connecting("testably", before["base_url"])).code == 2
    assert Connection.objects.values().get() == before


USAGE = {
    "no name": (["--name", ""], "name"),
    "a name too long": (["--name", "x" * 201], "200"),
    "a setting without =": (["--setting", "branch_field"], "KEY=VALUE"),
    "a setting that does not exist": (["--setting", "colour=red"], "colour"),
    "a setting that is a secret": (["--setting", "token=abc"], "token"),
    "a secret that is a setting": (["--secret", "branch_field=TESTMO_KEY"], "branch"),
    "a value out of the choices": (
        ["--setting", "manual_elapsed_unit=years"],
        "milliseconds",
    ),
    "an environment variable not set": (["--secret", "token=NOT_THERE"], "NOT_THERE"),
    "an interval of none": (["--interval", "0"], "interval"),
    "an interval of millennia": (["--interval", "99999999999"], "interval"),
    "an interval in words": (["--interval", "often"], "often"),
    "a project that is not listed": (["--project", "99"], "99"),
    "a project id too long": (["--project", "9" * 501], "500"),
}


@pytest.mark.parametrize("what", USAGE)
def test_wrong_usage_of_connect_is_2_and_says_what_is_wrong(
    what: str, command: Command, testmo: Any, monkeypatch: pytest.MonkeyPatch
):
    simulator, url = testmo
    monkeypatch.setenv("TESTMO_KEY", simulator.secrets["token"])
    more, word = USAGE[what]
    ended = command(*connecting("testmo", url), "--secret", "token=TESTMO_KEY", *more)
    assert (ended.code, ended.out) == (2, "")
    assert word in ended.err
    assert "Traceback" not in ended.err
    assert not Connection.objects.exists()


def test_connect_needs_a_known_vendor_a_name_and_its_secret(
    command: Command, testmo: Any
):
    assert command(*connecting("jenkins", "http://127.0.0.1")).code == 2
    assert command("connect", "testmo", "--base-url", testmo[1]).code == 2
    ended = command(*connecting("testmo", testmo[1]))
    assert ended.code == 2
    assert "api token" in ended.err.lower()
    assert not Connection.objects.exists()


@pytest.mark.parametrize("vendor", ["qatech", "testifly"])
def test_a_vendor_without_a_list_of_projects_takes_one(
    vendor: str, command: Command, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("KEY", "k")
    words = [*connecting(vendor, "http://127.0.0.1:1"), "--secret", "token=KEY"]
    ended = command(*words, "--project", "a", "--project", "b", "--no-check")
    assert ended.code == 2
    assert "one project" in ended.err


# --- sync -------------------------------------------------------------------------


def rows(ended: Ended) -> list[dict[str, Any]]:
    return [json.loads(line) for line in ended.out.splitlines()]


def by_project(ended: Ended) -> dict[str, dict[str, Any]]:
    return {row["project"]: row for row in rows(ended)}


def test_sync_prints_one_object_a_project_with_just_the_named_fields(
    command: Command, connected: SimulatedTestmo
):
    ended = command("sync", "--json")
    assert (ended.code, ended.err) == (0, "")
    assert [list(row) for row in rows(ended)] == [FIELDS_OF_JSON] * 2
    found = [by_project(ended)[project] for project in ("1", "2")]
    assert {(row["connection"], row["status"], row["error"]) for row in found} == {
        ("Testmo", "ok", None)
    }
    numbers = [(row["runs_read"], row["runs_written"]) for row in found]
    assert numbers == [(2, 2), (1, 1)]
    numbers = [(row["results_read"], row["results_written"]) for row in found]
    assert numbers == [(8, 8), (3, 3)]
    for row in found:
        assert row["started_at"].endswith("Z")
        started_at = datetime.fromisoformat(row["started_at"])
        assert started_at <= datetime.fromisoformat(row["finished_at"])
        assert clock.now() - started_at < timedelta(minutes=5)


def test_a_second_sync_writes_nothing(command: Command, connected: SimulatedTestmo):
    command("sync")
    found = rows(command("sync", "Testmo", "--json"))
    assert [(row["runs_written"], row["results_written"]) for row in found] == [
        (0, 0)
    ] * 2
    assert {row["status"] for row in found} == {"ok"}


def test_a_parent_sums_its_children_up(command: Command, connected: SimulatedTestmo):
    connected.faults.add("projects\\?", "edit", edit=with_a_broken_row)
    command("sync")
    parent = Sync.objects.get(parent=None)
    children = list(parent.children.all())
    for name in ("runs_read", "runs_written", "results_read", "results_written"):
        assert getattr(parent, name) == sum(getattr(c, name) for c in children) > 0
    # What could not be read in the list of projects is counted at the parent alone.
    assert (parent.rejected, [child.rejected for child in children]) == (1, [0, 0])
    assert parent.status == "partial"


def with_a_broken_row(payload: Any) -> Any:
    payload["result"].append({"id": None, "name": "No id"})
    return payload


def test_without_json_each_project_is_a_line_for_people(
    command: Command, connected: SimulatedTestmo
):
    ended = command("sync")
    one, two = sorted(ended.out.splitlines())
    assert one.startswith("Testmo: Product 1: ok, 2 runs and 8 results read, 2 and 8")
    assert two.startswith("Testmo: Product 2: ok")


def test_since_reads_only_what_began_later(
    command: Command, connected: SimulatedTestmo
):
    new = small_world.NOW - timedelta(hours=2)
    project = connected.projects[0]
    project.runs.append(small_world.run(9, ["passed"], started_at=new))
    since = (small_world.NOW - timedelta(hours=3)).isoformat()
    found = by_project(command("sync", "--json", "--since", since))
    assert (found["1"]["runs_written"], found["2"]["runs_written"]) == (1, 0)
    assert Run.objects.get().external_id == "9"


def test_full_reads_what_is_settled_once_more(
    command: Command, connected: SimulatedTestmo
):
    command("sync")
    plain, full = (
        rows(command("sync", "--json")),
        rows(command("sync", "--full", "--json")),
    )
    assert sum(row["results_read"] for row in plain) == 0
    assert sum(row["results_read"] for row in full) == 11
    assert sum(row["results_written"] for row in full) == 0


@pytest.mark.parametrize(
    "words", [["Nobody"], ["Testmo", "Nobody"], ["--since", "soon"], ["--since", ""]]
)
def test_wrong_usage_of_sync_is_2(
    words: list[str], command: Command, connected: SimulatedTestmo
):
    ended = command("sync", *words)
    assert (ended.code, ended.out) == (2, "")
    assert len(ended.err.strip().splitlines()) == 1
    assert not Sync.objects.exists()
    assert not connected.log


def test_a_reject_is_partial_and_1_and_the_next_sync_mends_it(
    command: Command, connected: SimulatedTestmo
):
    # The first of the two requests only asks whether there are rows.
    connected.faults.add("/tests", "drop_field:key", rows=1, times=2)
    ended = command("sync", "--json")
    found = rows(ended)
    assert ended.code == 1
    assert sorted((row["status"], row["rejected"]) for row in found) == [
        ("ok", 0),
        ("partial", 1),
    ]
    mended = command("sync", "--json")
    assert mended.code == 0
    assert sum(row["results_written"] for row in rows(mended)) == 1
    assert Result.objects.count() == 11


def test_a_project_that_fails_is_1_and_the_other_is_whole(
    command: Command, connected: SimulatedTestmo
):
    connected.faults.add("projects/1/automation/runs", "status:500", times=None)
    ended = command("sync", "--json")
    found = by_project(ended)
    assert ended.code == 1
    assert (found["1"]["status"], found["2"]["status"]) == ("failed", "ok")
    assert "500" in found["1"]["error"]
    assert found["2"]["results_written"] == 3


def test_a_connection_that_fails_is_a_line_of_its_own(
    command: Command, connected: SimulatedTestmo
):
    connected.faults.add("", "status:401", times=None)
    ended = command("sync", "--json")
    (row,) = rows(ended)
    assert (ended.code, row["project"], row["status"]) == (1, None, "failed")
    assert "valid key" in row["error"]
    assert connected.secrets["token"] not in ended.out + ended.err


def test_odd_but_valid_data_is_ok(command: Command, connected: SimulatedTestmo):
    def odd(payload: Any) -> Any:
        for row in payload["result"]:
            row["name"] = "🧪" * 300
        return payload

    connected.faults.add("/tests", "edit", times=None, edit=odd)
    assert command("sync").code == 0
    assert Result.objects.count() == 11


def test_all_but_paused_connections_are_synced_and_a_named_one_anyhow(
    command: Command, connected: SimulatedTestmo
):
    Connection.objects.update(paused_at=clock.now())
    assert command("sync", "--json").out == ""
    assert len(rows(command("sync", "Testmo", "--json"))) == 2


def test_a_lost_key_of_ours_is_a_sentence(
    command: Command, connected: SimulatedTestmo, settings: Any
):
    settings.CREDENTIALS_KEYS = ["u1fHkWvRZ3y0o1Cq3bXQm0k1tJx2n7s5p9d4w6e8r0A="]
    (row,) = rows(command("sync", "--json"))
    assert row["status"] == "failed"
    assert "CREDENTIALS_KEYS" in row["error"]
    assert command(*connecting("testmo", "http://127.0.0.1:1")).code == 2


# --- sync, as a process of its own --------------------------------------------------


@pytest.fixture
def stuck(connected: SimulatedTestmo) -> SimulatedTestmo:
    """The list of runs of the project that is read last hangs."""
    connected.faults.add("projects/1/automation/runs", "hang", times=1, seconds=60)
    return connected


@committed
def test_a_line_comes_into_a_pipe_as_soon_as_its_project_ends(stuck: SimulatedTestmo):
    with manage.start("sync", "--json") as process:
        reader = threading.Timer(30, process.kill)
        reader.start()
        row = json.loads(process.stdout.readline())
        reader.cancel()
        assert process.poll() is None
        process.kill()
    assert (row["project"], row["status"]) == ("2", "ok")


@committed
def test_ctrl_c_ends_in_a_sentence_and_the_next_sync_goes_on(stuck: SimulatedTestmo):
    with manage.start("sync") as process:
        wait_for(Sync.objects.filter(status="ok").exists, "the first project")
        second = Sync.objects.filter(status="running", project__isnull=False)
        wait_for(second.exists, "the second project")
        process.send_signal(signal.SIGINT)
        _, err = process.communicate()
    assert process.returncode == 1
    assert one_sentence(err.replace(". ", ", ")), err
    assert not Project.objects.filter(claim__isnull=False).exists()
    assert Sync.objects.get(parent=None).status == "partial"
    stuck.faults.clear()
    with manage.start("sync", "--json") as process:
        out, _ = process.communicate()
    assert [json.loads(line)["status"] for line in out.splitlines()] == ["ok", "ok"]
    assert Result.objects.count() == 11


@committed
def test_a_terminal_sees_a_progress_bar(connected: SimulatedTestmo):
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 100))
    with manage.start("sync", stderr=theirs) as process:
        os.close(theirs)
        out, _ = process.communicate()
    shown = read_all(ours)
    assert process.returncode == 0
    assert "2/2" in shown
    assert "projects" in shown
    assert len(out.splitlines()) == 2


def read_all(terminal: int) -> str:
    found = b""
    while True:
        try:
            found += os.read(terminal, 4096)
        except OSError:  # what Linux says at the end of a terminal
            break
    os.close(terminal)
    return found.decode()


# --- rollups ----------------------------------------------------------------------


def test_rollups_rebuilds_what_the_rows_say(
    command: Command, connected: SimulatedTestmo
):
    command("sync")
    before = list(RunDay.objects.order_by("run", "day").values("run", "day", "passed"))
    RunDay.objects.all().delete()
    assert command("rollups").code == 0
    after = list(RunDay.objects.order_by("run", "day").values("run", "day", "passed"))
    assert after == before
    assert before


def test_rollups_check_is_0_where_all_is_right(
    command: Command, connected: SimulatedTestmo
):
    command("sync")
    ended = command("rollups", "--check")
    assert (ended.code, ended.err) == (0, "")


def test_rollups_check_prints_each_difference_and_is_1(
    command: Command, connected: SimulatedTestmo
):
    command("sync")
    first, second, third = RunDay.objects.order_by("run")
    RunDay.objects.filter(pk=first.pk).update(passed=77)
    RunDay.objects.filter(pk=second.pk).delete()
    day = datetime(2026, 1, 5, tzinfo=UTC)
    RunDay.objects.create(
        project=third.project, run=third.run, day=day.date(), first_at=day, last_at=day
    )
    ended = command("rollups", "--check")
    assert ended.code == 1
    lines = ended.out.splitlines()
    assert [line.split(" on ")[0] for line in lines] == [
        f"run {day.run_id}" for day in (first, second, third)
    ]
    assert "77" in lines[0]
    assert "3" in ended.err
    assert command("rollups").code == 0
    assert command("rollups", "--check").code == 0
