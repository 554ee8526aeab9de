"""Disks without room: that of PostgreSQL, and that of a machine with web server and worker."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
from django.db import connection

from dashboard.models import ApiToken, Scope
from ingest.intake.projects import create_project
from ingest.models import Connection, Result, Sync
from tests.dashboard.page_reader import person
from tests.dashboard.slow_clients import WebServer
from tests.faults import aftermath
from tests.faults.own_database import OwnDatabase
from tests.ingest.intake.reports import large_junit
from tests.ingest.served import Served
from tests.services import Worker, wait_for

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("empty_redis"),
]
MB = 2**20
# A file of 4 MB.
TESTS = 200


class Disk:
    """A file system in memory, as large as it is said to be."""

    def __init__(self, folder: Path, megabytes: int) -> None:
        self.folder = folder
        folder.mkdir()
        how = ["-t", "tmpfs", "-o", f"size={megabytes}m,mode=755", "tmpfs"]
        done = subprocess.run(
            ["mount", *how, str(folder)], capture_output=True, text=True, check=False
        )
        if done.returncode:
            pytest.skip(f"nothing may be mounted here: {done.stderr.strip()}")

    @contextmanager
    def full(self) -> Iterator[None]:
        """But for what a file that exists may still take of its last block."""
        ballast = self.folder / "ballast"
        with ballast.open("wb", buffering=0) as file:
            size = MB
            while size >= 4096:
                try:
                    if file.write(bytes(size)) < size:
                        size //= 2
                except OSError:
                    size //= 2
        assert os.statvfs(self.folder).f_bavail == 0
        try:
            yield
        finally:
            ballast.unlink()

    def unmount(self) -> None:
        subprocess.run(["umount", str(self.folder)], check=True)


@contextmanager
def disk_of(folder: Path, megabytes: int) -> Iterator[Disk]:
    disk = Disk(folder, megabytes)
    try:
        yield disk
    finally:
        disk.unmount()


def test_the_disk_of_postgresql_is_full_in_mid_sync(vendor: Served, tmp_path: Path):
    whole = vendor.undisturbed()
    row = Connection.objects.get()
    with disk_of(tmp_path / "disk", 200) as disk:
        database = OwnDatabase(disk.folder, max_wal_size="64MB", min_wal_size="32MB")
        database.copy_of(row)
        worker = Worker("", tmp_path, DATABASE_URL=database.url)
        try:
            with database.in_use():
                # Before anything is stored: each table needs its first block.
                vendor.simulator.faults.add("/automation/runs", "hang", seconds=3600)
                aftermath.looks()
                running = Sync.objects.filter(status="running", project__isnull=False)
                wait_for(running.exists, "the sync to be in the middle")
                with disk.full():
                    vendor.simulator.faults.let_go()
                    wait_for(
                        lambda: "No space left" in worker.log.read_text(),
                        "the worker to meet the end of the disk",
                        limit_s=60,
                    )
                aftermath.what_died_is_closed()
                assert aftermath.is_told()
                aftermath.is_read_again()
                aftermath.is_sound(whole)
        finally:
            worker.stop()
            database.cluster.stop()


def test_the_disk_of_a_machine_is_full(
    vendor: Served, tmp_path: Path, static_files: Path
):
    """Syncs, pages and pushed files need none of it."""
    whole = vendor.undisturbed()
    project = create_project("Shop")
    _, token = ApiToken.issue(person().pk, scopes=[Scope.INTAKE])
    name = str(connection.settings_dict["NAME"])
    with disk_of(tmp_path / "disk", 4) as disk:
        own = {"DATA_DIR": str(disk.folder / "data"), "TMPDIR": str(disk.folder)}
        own["STATIC_ROOT"] = str(static_files)
        web = WebServer(name, tmp_path, **own)
        worker = Worker(name, tmp_path, **own)
        site = f"http://127.0.0.1:{web.port}"

        def push() -> requests.Response:
            return requests.post(
                f"{site}/api/v1/intake/junit/",
                params={"project": project.pk, "run": "1"},
                files={"file": b"".join(large_junit(TESTS, letters=200_000))},
                headers={"Authorization": f"Bearer {token}"},
                timeout=240,
            )

        try:
            with disk.full():
                assert push().status_code == 201
                aftermath.is_read_again()
                for path in ("/", "/runs/", "/failures/", "/flaky/", "/sync/"):
                    answer = requests.get(site + path, timeout=240)
                    assert answer.status_code == 200, path
                assert Result.objects.filter(run__project=project).count() == TESTS
                aftermath.nothing_is_stuck()
                project.connection.delete()
                aftermath.is_sound(whole)
        finally:
            worker.stop()
            web.stop()
