"""PostgreSQL stopped, killed and started while people read, clients push and a sync runs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
from django.db import connection

from dashboard.models import ApiToken, Scope
from ingest.intake.projects import create_project
from ingest.models import Connection, Result, Run, Sync
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
TESTS = 20
FEWEST = 6


class Load:
    """Somebody who opens pages, and a client that pushes one run after the other, each
    until it was taken.
    """

    def __init__(self, url: str, project: int, token: str) -> None:
        self.taken = self.refused = self.seen = 0
        # Answers that no fault of the database explains.
        self.odd: list[str] = []
        self._url, self._project = url, project
        self._headers = {"Authorization": f"Bearer {token}"}

    @contextmanager
    def going_on(self) -> Iterator[None]:
        over = threading.Event()

        def again(do: Callable[[], None]) -> None:
            while not over.is_set():
                do()

        threads = [
            threading.Thread(target=again, args=[do]) for do in (self.read, self.push)
        ]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            over.set()
            for thread in threads:
                thread.join()

    def read(self) -> None:
        for path in ("/", "/runs/", "/sync/", "/api/v1/runs/"):
            answer = requests.get(self._url + path, timeout=240)
            self.seen += 1
            if answer.status_code == 503:
                self._is_told(answer)
            elif answer.status_code != 200:
                self.odd.append(f"{path}: {answer.status_code}")

    def push(self) -> None:
        answer = requests.post(
            f"{self._url}/api/v1/intake/junit/",
            params={"project": self._project, "run": f"Build {self.taken}"},
            data=b"".join(large_junit(TESTS)),
            headers=self._headers | {"Content-Type": "text/xml"},
            timeout=240,
        )
        if answer.status_code in (200, 201):
            self.taken += 1
        elif answer.status_code == 503:
            self.refused += 1
            self._is_told(answer)
            time.sleep(0.2)
        else:
            self.odd.append(f"push: {answer.status_code} {answer.text[:300]}")

    def _is_told(self, answer: requests.Response) -> None:
        if "database does not answer" not in answer.text:
            self.odd.append(f"not told: {answer.text[:300]}")
        if "Retry-After" not in answer.headers:
            self.odd.append("it is not said when to come again")


def test_postgresql_is_stopped_killed_and_started_under_load(
    vendor: Served, tmp_path: Path
):
    whole = vendor.undisturbed()
    database = OwnDatabase(tmp_path)
    database.copy_of(Connection.objects.get())
    services: list[WebServer | Worker] = []
    try:
        web = WebServer("", tmp_path, DATABASE_URL=database.url)
        services.append(web)
        services.append(Worker("", tmp_path, DATABASE_URL=database.url))
        with database.in_use():
            project = create_project("Shop")
            _, token = ApiToken.issue(person().pk, scopes=[Scope.INTAKE])
            load = Load(f"http://127.0.0.1:{web.port}", project.pk, token)
            with load.going_on():
                the_database_goes_twice(vendor, database, load)
            aftermath.what_died_is_closed()
            told = aftermath.is_told()
            aftermath.is_read_again()
            pushed = Run.objects.filter(project=project)
            assert pushed.count() == load.taken
            assert Result.objects.filter(run__in=pushed).count() == TESTS * load.taken
            aftermath.nothing_is_stuck()
            pushed.delete()
            project.connection.delete()
            aftermath.is_sound(whole)
        assert load.odd == []
        assert load.refused
        assert told
    finally:
        for service in services:
            service.stop()
        database.cluster.stop()


def the_database_goes_twice(vendor: Served, database: OwnDatabase, load: Load) -> None:
    """In the middle of a sync and under clients that push: stopped, then killed."""
    vendor.simulator.faults.add("runs/2/tests", "hang", seconds=3600)
    aftermath.looks()
    running = Sync.objects.filter(status="running", project__name="Product 1")
    wait_for(running.exists, "the sync to be in the middle")
    for end in (database.cluster.stop, database.kill):
        taken, refused = load.taken, load.refused
        wait_for(lambda n=taken: load.taken >= n + FEWEST, "pushes")
        end()
        wait_for(lambda n=refused: load.refused > n, "a push to be refused")
        vendor.simulator.faults.let_go()
        connection.close()
        database.cluster.start()
