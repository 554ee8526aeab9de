"""Several machines that share PostgreSQL and Valkey and nothing else are one Passline."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from django.db import connection

from dashboard.models import ApiToken
from dashboard.models import Scope as TokenScope
from dashboard.readers import Role
from ingest.models import Result, Sync
from tests import pooler
from tests.conftest import CLUSTER, OWN_DATABASE
from tests.dashboard.page_reader import PASSWORD, person
from tests.dashboard.slow_clients import WebServer
from tests.factories import make_project
from tests.ingest.served import a_testmo, served
from tests.pooler import PgBouncer
from tests.services import Worker, wait_for
from tests.standby import Standby

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("empty_redis"),
]
# How many processes of others have asked a server for something.
ASKED = """
SELECT count(DISTINCT application_name) FROM pg_stat_activity
 WHERE backend_type = 'client backend' AND application_name LIKE 'web %'
"""
# More than is kept in memory while it is read.
MANY = 20_000


@dataclass
class Machines:
    """Two web servers that read from a replica, and a worker; where there is a pooler, the
    second and the worker ask through it.
    """

    folder: Path
    webs: tuple[WebServer, WebServer]
    worker: Worker
    standby: Standby | None

    @property
    def urls(self) -> list[str]:
        return [f"http://127.0.0.1:{web.port}" for web in self.webs]

    def files(self) -> set[str]:
        """What they left on their disks, but for signs of life, logs, and the columnar copy
        that each makes for itself.
        """
        found = (path for path in self.folder.rglob("*") if path.is_file())
        names = {str(path.relative_to(self.folder)) for path in found}
        return {
            one for one in names if not re.search(r"/heartbeats/|/columns/|\.log", one)
        }


def own_disk(folder: Path, static: Path) -> dict[str, str]:
    (folder / "tmp").mkdir(parents=True)
    return {
        "DATA_DIR": str(folder / "data"),
        "TMPDIR": str(folder / "tmp"),
        # As in an image, each has the same.
        "STATIC_ROOT": str(static),
        "PUBLIC_READ": "off",
        "ALLOW_PRIVATE_VENDOR_URLS": "on",
    }


@pytest.fixture(scope="module")
def machines(
    django_db_setup: None,
    redis_server: str,
    static_files: Path,
    tmp_path_factory: Any,
) -> Iterator[Machines]:
    folder: Path = tmp_path_factory.mktemp("machines")
    behind: dict[str, str] = {}
    through: dict[str, str] = {}
    neighbours: list[PgBouncer | Standby] = []
    standby = None
    if OWN_DATABASE:
        standby = Standby(CLUSTER, tmp_path_factory.mktemp("standby") / "postgres")
        neighbours.append(standby)
        behind = {"DATABASE_REPLICA_URL": standby.url}
    if OWN_DATABASE and pooler.PROGRAM:
        pool = PgBouncer(tmp_path_factory.mktemp("pooler"), pool_size=4)
        neighbours.append(pool)
        through = {"DATABASE_URL": pool.url}
    name = str(connection.settings_dict["NAME"])
    disks = [own_disk(folder / str(n), static_files) for n in range(3)]
    # What a server of PostgreSQL calls its clients.
    names = [{"PGAPPNAME": f"web {n}"} for n in range(2)]
    first = WebServer(name, folder / "0", **disks[0] | behind | names[0])
    other = WebServer(name, folder / "1", **disks[1] | behind | through | names[1])
    worker = Worker(name, folder / "2", **disks[2] | behind | through)
    yield Machines(folder, (first, other), worker, standby)
    for service in (first, other, worker, *neighbours):
        service.stop()


def token_of(page: requests.Response) -> str:
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
    assert found, page.text[:500]
    return found[1]


def test_one_answers_what_another_began(machines, settings):
    settings.ALLOW_PRIVATE_VENDOR_URLS = True
    person("mara", Role.ADMIN)
    first, second = machines.urls
    project = make_project(name="Giraffe")
    with requests.Session() as browser, served(a_testmo()) as vendor:
        form = browser.get(f"{first}/login/")
        sent = {"username": "mara", "password": PASSWORD}
        sent["csrfmiddlewaretoken"] = token_of(form)
        inside = browser.post(f"{second}/login/", sent)
        assert inside.status_code == 200
        assert "mara" in browser.get(f"{first}/").text
        page = browser.get(f"{first}/me/")
        sent = {"csrfmiddlewaretoken": token_of(page)}
        path = f"/api/v1/connections/{vendor.connection.pk}/sync/"
        headers = {"X-CSRFToken": sent["csrfmiddlewaretoken"]}
        asked = browser.post(first + path, headers=headers)
        assert asked.status_code == 202, asked.text
        sync = f"{second}/api/v1/syncs/{asked.json()['sync']}/"
        wait_for(lambda: browser.get(sync).json()["status"] == "ok", "the sync")
        both = [browser.get(f"{url}/api/v1/projects/") for url in (first, second)]
        told = [{one["name"] for one in one.json()["results"]} for one in both]
        assert told[0] == told[1]
        assert len(told[0]) == 3
    assert Sync.objects.filter(parent=None).get().status == "ok"
    assert pushed(machines, project.pk) == MANY
    if machines.standby:
        assert machines.standby.ask(ASKED) == (len(machines.webs),)
    assert machines.files() == set()


def pushed(machines: Machines, project: int) -> int:
    """How many results of a large file the one that did not take it knows."""
    owner = person("ed", Role.EDITOR)
    _, text = ApiToken.issue(owner.pk, scopes=[TokenScope.INTAKE, TokenScope.READ])
    cases = "".join(f'<testcase classname="c" name="case {n}"/>' for n in range(MANY))
    first, second = machines.urls
    headers = {"Authorization": f"Bearer {text}"}
    answer = requests.post(
        f"{first}/api/v1/intake/junit/?project={project}&run=1",
        files={"file": f"<testsuite name='s'>{cases}</testsuite>"},
        headers=headers,
        timeout=240,
    )
    assert answer.status_code == 201, answer.text
    run = requests.get(
        f"{second}/api/v1/runs/{answer.json()['run']}/", headers=headers, timeout=60
    )
    assert Result.objects.filter(run=answer.json()["run"]).count() == MANY
    return int(run.json()["counts"]["total"])


def test_guesses_are_counted_wherever_they_are_made(machines):
    person("mara")
    answers = []
    with requests.Session() as browser:
        for number in range(14):
            url = machines.urls[number % 2] + "/login/"
            sent = {"username": "mara", "password": f"guess {number}"}
            sent["csrfmiddlewaretoken"] = token_of(browser.get(url))
            answers.append(browser.post(url, sent).status_code)
    assert answers == [200] * 10 + [429] * 4
