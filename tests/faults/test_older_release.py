"""A database that an older release made and filled, brought up to this one.

`previous_release.dump` is what `pg_dump -Fc -Z9 --no-owner --no-privileges` made of the
tests' database when that release had synced `a_testmo(3)` twice. Make it anew with each
release: by its own program, never by this one's.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from django.db import connection

from dashboard.embedded.postgres import binaries
from ingest.models import Connection, Sync
from tests.databases import create_database, drop_databases, using_database
from tests.faults import aftermath
from tests.ingest import manage
from tests.ingest.served import Served

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("empty_redis"),
]
DUMP = Path(__file__).with_name("previous_release.dump")


def test_data_of_the_previous_release_is_migrated_and_read_on(vendor: Served):
    whole = vendor.undisturbed()
    tool = Connection.objects.values("base_url", "credentials", "settings").get()
    name = f"{connection.settings_dict['NAME']}_older"
    create_database(name)
    try:
        restored(name)
        with using_database(name):
            run("migrate")
            aftermath.is_sound(whole)
            # Where the tool is now, and its key under today's secret.
            Connection.objects.update(**tool)
            # This program reads once more what another one read.
            assert synced().results_written == 0
            again = synced()
            assert again.runs_read == again.results_written == 0
            aftermath.is_sound(whole)
            for page in ("/", "/runs/", "/sync/"):
                aftermath.page(page)
    finally:
        drop_databases([name])


def synced() -> Sync:
    """The newest sync, once another one has ended."""
    run("sync")
    return Sync.objects.filter(parent=None).latest("pk")


def restored(name: str) -> None:
    there = connection.settings_dict
    host = str(there["HOST"] or there["OPTIONS"].get("host", ""))
    subprocess.run(
        [binaries() / "pg_restore", "--no-owner", "--exit-on-error"]
        + ["-h", host, "-p", str(there["PORT"]), "-U", str(there["USER"])]
        + ["-d", name, str(DUMP)],
        check=True,
    )


def run(*words: str) -> None:
    with manage.start(*words) as process:
        out, err = process.communicate()
    assert process.returncode == 0, (out, err)
