"""A sync's memory and patience, whatever a vendor sends: a real process, weighed."""

from __future__ import annotations

import json
import re
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ingest import connections
from ingest.connections import save_connection
from ingest.contract import RetryableError
from ingest.models import Connection, Project, Result, Run
from ingest.sync import connection, project, sync_in_foreground
from ingest.sync.lease import LEASE
from tests.ingest import manage
from tests.ingest.hostile import ATTACKS, CASES, HONEST, hostile_testmo
from tests.ingest.served import a_testmo, served
from tests.ingest.sockets import Listener, keeps_sending, listen
from tests.ingest.tables import tables

__all__ = ["listen"]
pytestmark = pytest.mark.django_db(transaction=True)

LIMIT_MB = 350
# What is told of each attack; that of many cases is honest, only large.
SAID = {
    HONEST: "",
    "nested": "more than 8 MB",
    "bomb": "more than 8 MB",
    "widest": "more than 8 MB",
    "endless rows": "more than 100,000 rows",
    "long names": "more than 48 MB of text",
    "broken rows": "more than 48 MB of text",
    "many cases": "",
    "empty pages": "brought no new row",
    "repeated rows": "repeats an earlier page",
    "endless milestones": "more than 16 MB of text",
    "broken milestones": "1,000 rows of its lists could not be read",
    "many threads": "",
}


@pytest.mark.timeout(400)
def test_a_sync_of_a_hostile_vendor_stays_below_its_memory_and_goes_on(
    settings: Any, tmp_path: Path
):
    settings.ALLOW_PRIVATE_VENDOR_URLS = True
    with hostile_testmo() as url:
        save_connection(
            vendor="testmo",
            name="Hostile",
            base_url=url,
            secrets={"token": "s3cr3t-key"},
            check=False,
        )
        told, peak_mb = synced(tmp_path)
    assert set(told) == set(ATTACKS) == set(SAID)
    for attack, said in SAID.items():
        error = told[attack]["error"] or ""
        assert said in error, (attack, error)
        assert bool(said) == bool(error), (attack, error)
    assert Run.objects.filter(project__name=HONEST).count() == 1
    many = Project.objects.get(name="many cases")
    assert Result.objects.filter(project=many.pk).count() == 2 * CASES
    assert not Project.objects.exclude(claim=None).exists()
    assert peak_mb < LIMIT_MB


def synced(folder: Path) -> tuple[dict[str, Any], float]:
    """What `sync --json` told of each project, and the most memory that it had in MB."""
    said, complained = folder / "out", folder / "err"
    with said.open("w") as out, complained.open("w") as err:
        process = manage.start("sync", "--json", stdout=out, stderr=err)
        peak_mb = most_memory_mb(process)
    assert "Traceback" not in complained.read_text()
    rows = [json.loads(line) for line in said.read_text().splitlines()]
    return {ATTACKS[int(row["project"]) - 1]: row for row in rows}, peak_mb


def most_memory_mb(process: subprocess.Popen[str]) -> float:
    """Until it ends. Not what wait4 tells: that counts the tests' own memory too, which
    the process had for the moment before it became a program of its own.
    """
    peak_kb = 0
    status = Path(f"/proc/{process.pid}/status")
    while process.poll() is None:
        if found := re.search(r"VmHWM:\s+(\d+)", status.read_text()):
            peak_kb = int(found[1])
        time.sleep(0.02)
    return peak_kb / 1024


# Patience


@pytest.fixture
def drips(listen: Callable[..., Listener]) -> str:
    """The address of a vendor whose every answer drips."""
    talk = keeps_sending(b"HTTP/1.1 200 OK\r\n\r\n", b" ", every_s=0.05)
    return f"http://127.0.0.1:{listen(talk).port}"


def test_a_vendor_whose_list_of_projects_drips_ends_its_sync_in_time(
    settings: Any, drips: str, monkeypatch: pytest.MonkeyPatch
):
    settings.ALLOW_PRIVATE_VENDOR_URLS = True
    assert LEASE.total_seconds() > connection.DISCOVERY_LIMIT_S
    monkeypatch.setattr(connection, "DISCOVERY_LIMIT_S", 0.5)
    row = save_connection(
        vendor="testmo",
        name="Drips",
        base_url=drips,
        secrets={"token": "key"},
        check=False,
    )
    begun = time.monotonic()
    (parent,) = sync_in_foreground([row])
    assert time.monotonic() - begun < 10
    assert parent.status == "failed"
    assert "did not finish its answer" in parent.error


def test_the_check_of_a_vendor_that_drips_ends_while_a_person_waits(
    settings: Any, drips: str, monkeypatch: pytest.MonkeyPatch
):
    settings.ALLOW_PRIVATE_VENDOR_URLS = True
    monkeypatch.setattr(connections, "CHECK_LIMIT_S", 0.5)
    begun = time.monotonic()
    with pytest.raises(RetryableError, match="did not finish its answer"):
        save_connection(
            vendor="testmo", name="Drips", base_url=drips, secrets={"token": "key"}
        )
    assert time.monotonic() - begun < 10
    assert not Connection.objects.exists()


def test_a_sync_that_takes_too_long_goes_on_with_the_next_one(
    settings: Any, monkeypatch: pytest.MonkeyPatch
):
    settings.ALLOW_PRIVATE_VENDOR_URLS = True
    with served(a_testmo()) as vendor:
        whole = vendor.undisturbed()
        with monkeypatch.context() as hurried:
            hurried.setattr(project, "SYNC_LIMIT_S", 0.0)
            parent = vendor.sync()
            assert parent.status == "failed"
            assert "was ended" in parent.error
            assert not Project.objects.exclude(claim=None).exists()
        assert vendor.sync().status == "ok"
        assert tables() == whole
