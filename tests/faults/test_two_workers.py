"""Two workers that are handed the same projects at the same moment."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.db import connection

from ingest import tasks
from ingest.models import Sync, Trigger
from ingest.sync import discover, request_sync
from tests.faults import aftermath
from tests.ingest.served import Served
from tests.services import Worker, wait_for

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("empty_redis"),
]


def test_two_workers_on_one_project_read_it_once(vendor: Served, tmp_path: Path):
    whole = vendor.undisturbed()
    name = str(connection.settings_dict["NAME"])
    workers = []
    for number in range(2):
        (tmp_path / str(number)).mkdir()
        workers.append(Worker(name, tmp_path / str(number)))
    try:
        vendor.simulator.faults.add("runs/2/tests", "hang", seconds=3600)
        parent = request_sync(vendor.connection, Trigger.PERSON)
        assert parent is not None
        children = discover(parent)
        first, second = sorted(children, key=lambda one: one.project.name)
        begun = len(vendor.simulator.log)
        # A broker that hands each message out twice.
        for child in (first, second, first, second):
            tasks.sync_project.delay(child.pk)
        done = Sync.objects.filter(pk=second.pk, status="ok")
        wait_for(done.exists, "the other worker to read the other project")
        # The tool holds the first up; none beside it may read that project, either.
        third = Sync.objects.create(
            connection=first.connection,
            project=first.project,
            parent=parent,
            trigger=Trigger.PERSON,
            requested_at=first.requested_at,
        )
        tasks.sync_project.delay(third.pk)
        refused = Sync.objects.filter(pk=third.pk, finished_at__isnull=False)
        third = wait_for(refused.first, "the second sync to be refused")
        assert third.status == "failed"
        assert "under way" in third.error
        vendor.simulator.faults.let_go()
        over = Sync.objects.filter(pk=parent.pk, finished_at__isnull=False)
        wait_for(over.exists, "the sync to end")
        log = [*vendor.simulator.log][begun:]
        asked = [(one.path, *sorted(one.query.items())) for one in log]
        assert len(asked) == len(set(asked)), "something was read twice"
        assert aftermath.is_told() == {
            third.error,
            Sync.objects.get(pk=parent.pk).error,
        }
        aftermath.is_sound(whole)
        aftermath.is_read_again()
        aftermath.is_sound(whole)
    finally:
        for worker in workers:
            worker.stop()
