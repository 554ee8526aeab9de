"""A machine whose clock is wrong for a while, or is set in the middle of a sync."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection

from ingest import tasks
from ingest.models import Connection, Run, Sync
from tests import clock
from tests.clock.__main__ import compiled
from tests.faults import aftermath
from tests.ingest.served import Served
from tests.services import Worker, wait_for

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("empty_redis"),
]
HOUR = timedelta(hours=1)


class Clock:
    """That of the processes that are started with its `environment`."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "ahead"
        self.set_ahead(timedelta())
        self.environment = {
            "LD_PRELOAD": str(compiled(folder)),
            "CLOCK_AHEAD_FILE": str(self._file),
        }

    def set_ahead(self, time: timedelta) -> None:
        """At once, in each of them; beside what the clock of the tests is ahead."""
        seconds = int(time.total_seconds()) + int(os.environ.get("CLOCK_AHEAD_S", 0))
        # It is the same file that they look at.
        with self._file.open("r+b" if self._file.exists() else "wb") as file:
            file.write(seconds.to_bytes(8, "little", signed=True))


@pytest.mark.parametrize("moved", [26 * HOUR, -26 * HOUR], ids=["ahead", "back"])
def test_the_clock_of_a_worker_is_set_in_the_middle_of_a_sync(
    vendor: Served, tmp_path: Path, moved: timedelta
):
    whole = vendor.undisturbed()
    own = Clock(tmp_path)
    name = str(connection.settings_dict["NAME"])
    worker = Worker(name, tmp_path, **own.environment)
    try:
        vendor.simulator.faults.add("runs/2/tests", "hang", seconds=3600)
        tasks.start_due_syncs.delay()
        wait_for(lambda: Run.objects.filter(external_id="3").exists(), "a run")
        own.set_ahead(moved)
        vendor.simulator.faults.let_go()
        over = Sync.objects.filter(parent=None, finished_at__isnull=False)
        parent = wait_for(over.first, "the sync to end")
        assert parent.status == "ok", parent.error
        aftermath.is_sound(whole)
        # One that begins by the wrong clock, and one by the right one again.
        aftermath.is_read_again()
        own.set_ahead(timedelta())
        soon = clock.now() + 2 * HOUR
        assert Connection.objects.get().next_sync_at < soon, "it waits for the future"
        aftermath.is_read_again()
        aftermath.is_sound(whole)
        assert aftermath.is_told() == set()
    finally:
        worker.stop()
