"""What is read comes from a replica that is close behind, and from the primary otherwise."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.test import Client

from dashboard.database import replica
from dashboard.database.replica import ALIAS, Lag, reading_replica
from dashboard.models import ApiToken, Team
from dashboard.models import Scope as TokenScope
from dashboard.operations.doctor.database import check_replica
from dashboard.readers import Role
from dashboard.reading.scope import Scope, everything, reading
from ingest.models import Project
from tests.conftest import CLUSTER, OWN_DATABASE
from tests.dashboard.page_reader import logged_in, person
from tests.factories import make_project
from tests.standby import Standby, read_from

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not OWN_DATABASE, reason="the database is somebody else's"),
]
PROJECTS = "/api/v1/projects/"


@pytest.fixture(scope="module")
def server(django_db_setup: None, tmp_path_factory: Any) -> Iterator[Standby]:
    folder: Path = tmp_path_factory.mktemp("standby")
    standby = Standby(CLUSTER, folder / "postgres")
    yield standby
    standby.stop()


@pytest.fixture
def standby(server, transactional_db, empty_redis, monkeypatch) -> Iterator[Standby]:
    monkeypatch.setattr(replica, "LOOK_EVERY_S", 0.05)
    monkeypatch.setattr(replica, "LOOK_AGAIN_S", 0.05)
    monkeypatch.setattr(replica, "_lag", Lag(_pause_s=0))
    server.catch_up()
    with read_from(server):
        yield server


@pytest.fixture
def vera(standby) -> Client:
    make_project(name="Giraffe")
    client = logged_in(person("vera", Role.VIEWER))
    standby.catch_up()
    return client


def names(client: Client) -> set[str]:
    answer = client.get(PROJECTS)
    assert answer.status_code == 200
    return {one["name"] for one in answer.json()["results"]}


def test_what_is_read_comes_from_it_while_it_is_close_behind(
    vera, standby, settings, monkeypatch
):
    monkeypatch.setattr(replica, "NOTED_FROM_S", 1)
    assert names(vera) == {"Giraffe"}
    with standby.paused():
        make_project(name="Zebra")
        assert names(vera) == {"Giraffe"}
        assert "behind" not in vera.get("/").content.decode()
        time.sleep(1.2)
        page = vera.get("/").content.decode()
        assert "This page may be 1 s behind." in page
        assert "Zebra" not in page
        settings.DATABASE_REPLICA_MAX_LAG = 1
        time.sleep(0.5)
        assert names(vera) == {"Giraffe", "Zebra"}
        page = vera.get("/").content.decode()
        assert "behind" not in page
        assert "Zebra" in page
    time.sleep(0.1)
    page = vera.get("/").content.decode()
    assert "Zebra" in page


def test_who_wrote_reads_what_they_wrote(vera, standby):
    ed = person("ed", Role.EDITOR)
    _, text = ApiToken.issue(ed.pk, scopes=[TokenScope.INTAKE, TokenScope.READ])
    program = Client(headers={"Authorization": f"Bearer {text}"})
    with standby.paused():
        made = program.post(
            PROJECTS, {"name": "Okapi"}, content_type="application/json"
        )
        assert made.status_code == 201
        assert names(program) == names(logged_in(ed)) == {"Giraffe", "Okapi"}
        assert names(vera) == {"Giraffe"}
    assert names(vera) == {"Giraffe", "Okapi"}


def test_who_pushed_reads_what_they_pushed(vera, standby):
    project = Project.objects.get()
    ed = person("ed", Role.EDITOR)
    _, text = ApiToken.issue(ed.pk, scopes=[TokenScope.INTAKE, TokenScope.READ])
    program = Client(headers={"Authorization": f"Bearer {text}"})
    report = b'<testsuite name="s"><testcase classname="a" name="b"/></testsuite>'
    with standby.paused():
        pushed = program.post(
            f"/api/v1/intake/junit/?project={project.pk}&run=1",
            report,
            content_type="application/xml",
        )
        assert pushed.status_code == 201, pushed.content
        run = f"/api/v1/runs/{pushed.json()['run']}/"
        assert program.get(run).status_code == 200
        assert vera.get(run).status_code == 404


def test_a_validator_is_of_the_database_that_was_read(vera, standby):
    ed = logged_in(person("ed", Role.VIEWER))
    standby.catch_up()
    first = vera.get(PROJECTS).headers["ETag"]
    with standby.paused():
        make_project(name="Zebra")
        assert vera.get(PROJECTS, headers={"If-None-Match": first}).status_code == 304
        assert _of_primary(ed) != first
    newer = vera.get(PROJECTS, headers={"If-None-Match": first})
    assert newer.status_code == 200
    assert "Zebra" in newer.content.decode()


def _of_primary(client: Client) -> str:
    """The validator that a person who wrote something gets."""
    client.post("/me/", {"nothing": "is meant"})
    return str(client.get(PROJECTS).headers["ETag"])


@contextmanager
def cut_off(standby: Standby, after: int) -> Iterator[list[str]]:
    """The server ends when it has been asked so often, in the middle of an answer."""
    asked: list[str] = []

    def count(execute: Any, sql: str, *args: Any) -> Any:
        asked.append(sql)
        if len(asked) == after:
            standby.stop()
        return execute(sql, *args)

    # The look at the lag asks first.
    with connections[ALIAS].execute_wrapper(count):
        yield asked
    standby.start()


@pytest.mark.parametrize("after", [1, 2, 4])
def test_an_answer_is_whole_though_the_replica_is_cut_off(vera, standby, after):
    Team.objects.create(name="owners").projects.add(make_project(name="Hidden"))
    standby.catch_up()
    with cut_off(standby, after) as asked:
        page = vera.get("/")
        assert len(asked) >= after
    assert page.status_code == 200
    text = page.content.decode()
    assert "Giraffe" in text
    assert "Hidden" not in text
    assert "This chart did not load" not in text
    assert "This table did not load" not in text
    assert names(vera) == {"Giraffe"}
    standby.catch_up()
    with standby.paused():
        time.sleep(0.2)
        names(vera)
        make_project(name="Zebra")
        assert names(vera) == {"Giraffe"}, "it is read again, once it is there"


def test_what_is_copied_is_copied_from_the_primary_then(vera, standby):
    wrapper: Any = connection
    asked = "COPY (SELECT name FROM ingest_project WHERE id > %s) TO STDOUT"
    with reading_replica(None):
        assert wrapper.copied(asked, [0]) == b"Giraffe\n"
        assert is_replica()
        standby.stop()
        assert wrapper.copied(asked, [0]) == b"Giraffe\n"
        assert not is_replica()
    standby.start()


def test_what_is_written_meanwhile_is_written_on_the_primary(vera, standby):
    mine = Scope(projects=frozenset([Project.objects.get().pk]))
    with reading_replica(None), reading(mine):
        assert is_replica()
        with everything():
            assert not is_replica()
            make_project(name="Zebra")
        assert is_replica()
        Project.objects.filter(name="Giraffe").update(name="Okapi")
        assert not is_replica()
        assert [one.name for one in Project.objects.all()] == ["Okapi"]
    with reading_replica(None):
        assert is_replica()
        with transaction.atomic():
            Project.objects.filter(name="Okapi").update(name="Lion")
    assert set(Project.objects.values_list("name", flat=True)) == {"Lion", "Zebra"}


def is_replica() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_is_in_recovery()")
        return bool(cursor.fetchone()[0])


def test_operators_are_told_how_far_it_is_behind(standby, settings):
    settings.METRICS_TOKEN = "of-whoever-scrapes-it"
    settings.DATABASE_REPLICA_MAX_LAG = 1
    assert _told() == ("ok", "The replica is 0.0 s behind.")
    assert _scraped() == "0.0"
    with standby.paused():
        make_project()
        _scraped()
        time.sleep(1.5)
        level, what = _told()
        assert level == "problem"
        assert re.match(r"The replica is \d+ s behind, so that", what)
        assert 1 < float(_scraped()) < 240
    standby.stop()
    try:
        time.sleep(0.2)
        assert _told()[0] == "problem"
        assert _scraped() == "+Inf"
    finally:
        standby.start()


def _told() -> tuple[str, str]:
    (found,) = check_replica()
    return found.level, found.what


def _scraped() -> str:
    token = {"Authorization": "Bearer of-whoever-scrapes-it"}
    text = Client().get("/metrics", headers=token).content.decode()
    (line,) = re.findall(r"^passline_replica_behind_seconds (\S+)$", text, re.MULTILINE)
    return str(line)
