"""304 while nothing has changed, and never once anything has."""

from __future__ import annotations

from datetime import timedelta

import psycopg
import pytest
from django.db import connection, transaction
from django.test import Client

from dashboard.data_version import data_version, uncounted_tables
from dashboard.models import ApiToken, CaseNote, ProjectChoice
from ingest.models import Connection, Milestone, ResultText, Run, Source, Thread
from ingest.signatures import sign_messages
from tests import clock, factories
from tests.dashboard.page_reader import person

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("empty_redis"),
]
# The reader's token, the limit of a statement set and taken back, and the version.
QUERIES_OF_A_304 = 6


class Caller:
    """A program that remembers the ETag of each address."""

    def __init__(self, token: str = "") -> None:
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}
        self.etags: dict[str, str] = {}

    def ask(self, path: str) -> int:
        known = {"If-None-Match": self.etags[path]} if path in self.etags else {}
        answer = Client().get(f"/api/v1/{path}", headers=self.headers | known)
        assert answer.headers["Cache-Control"] == "private, no-cache"
        assert {"Authorization", "Cookie"} <= {*answer.headers["Vary"].split(", ")}
        self.etags[path] = answer.headers["ETag"]
        # To its end, or the next request finds the connection in the middle of it.
        content = b"".join(answer) if answer.streaming else answer.content
        assert (content == b"") is (answer.status_code == 304)
        return answer.status_code


@pytest.fixture
def caller() -> Caller:
    _, text = ApiToken.issue(person().pk, scopes=["read"])
    return Caller(text)


@pytest.fixture
def run() -> Run:
    milestone = factories.make_milestone(factories.make_project())
    project = milestone.members.get().project
    run = factories.make_run(project, source="backend", milestones=[milestone])
    factories.make_sync(project.connection, project=project)
    factories.make_thread(run, "lane")
    factories.make_results(run, "PF", cases=["pays", "ships"])
    return run


def addresses(run: Run) -> list[str]:
    names = [
        "connections",
        "projects",
        "milestones",
        "runs",
        "cases",
        "results",
        "syncs",
    ]
    metrics = "summary pass-rate flaky failing failures slow reconciliation standup"
    milestone = run.milestone_links.get().member.milestone_id
    return [
        *(f"{name}/" for name in names),
        *(f"{name}/?format={form}" for name in names for form in ("csv", "ndjson")),
        *(f"metrics/{name}/" for name in metrics.split()),
        f"metrics/compare/?base={run.pk}&head={run.pk}",
        *(f"runs/{run.pk}/{part}" for part in ("", "threads/", "results/")),
        f"cases/{factories.make_case(run.project, 'pays').pk}/results/",
        f"milestones/{milestone}/progress/",
    ]


def test_what_the_caller_has_costs_a_few_queries(
    caller, run, django_assert_max_num_queries
):
    with clock.stopped():
        for path in addresses(run):
            assert caller.ask(path) == 200, path
            with django_assert_max_num_queries(QUERIES_OF_A_304):
                assert caller.ask(path) == 304, path


def test_any_change_is_seen_at_once(caller, run):
    case = factories.make_case(run.project, "pays")
    changes = [
        lambda: Run.objects.filter(pk=run.pk).update(name="renamed"),
        lambda: Source.objects.update(name="renamed"),
        lambda: Milestone.objects.update(name="renamed"),
        lambda: Connection.objects.update(last_error="Refused."),
        lambda: Thread.objects.all().delete(),
        lambda: CaseNote.objects.create(case=case, owner="mara"),
        lambda: ProjectChoice.objects.create(
            project=run.project, default_branch="main"
        ),
        lambda: factories.make_results(factories.make_run(run.project), "F"),
    ]
    paths = ["runs/", "metrics/summary/", "results/?format=ndjson"]
    with clock.stopped():
        for number, change in enumerate(changes):
            assert {caller.ask(path) for path in paths} == {200}, number
            assert {caller.ask(path) for path in paths} == {304}, number
            change()


def test_messages_that_are_signed_anew_are_a_change(run):
    factories.make_results(factories.make_run(run.project), "F", message="not 3")
    ResultText.objects.update(masking=None)
    before = data_version()
    assert sign_messages() == 1
    assert data_version() != before


def test_a_change_that_is_undone_is_none(caller, run):
    with clock.stopped():
        caller.ask("runs/")
        with transaction.atomic():
            Run.objects.update(name="renamed")
            transaction.set_rollback(True)
        assert caller.ask("runs/") == 304


def test_what_goes_by_the_time_is_new_with_the_minute(caller, run):
    moving = ["metrics/summary/", "runs/?window=7d", "results/?since=2026-01-01"]
    lasting = ["runs/", "results/?since=2026-01-01&until=2026-02-01"]
    with clock.stopped():
        assert {caller.ask(path) for path in [*moving, *lasting]} == {200}
    with clock.stopped(clock.START + timedelta(minutes=1)):
        assert {caller.ask(path) for path in moving} == {200}
        assert {caller.ask(path) for path in lasting} == {304}


def test_an_etag_is_of_one_reader_one_address_and_one_query(caller, run, settings):
    settings.PUBLIC_READ = True
    stranger = Caller()
    with clock.stopped():
        caller.ask("runs/")
        for path in ("runs/", "runs/?limit=1", "runs/?format=csv", "cases/"):
            stranger.etags[path] = caller.etags["runs/"]
            assert stranger.ask(path) == 200
        refused = Client().get("/api/v1/runs/?colour=red")
    assert (refused.status_code, refused.has_header("ETag")) == (400, False)


def test_another_program_of_the_same_release_answers_anew(
    caller, run, settings, tmp_path
):
    with clock.stopped():
        assert [caller.ask("runs/") for _ in "12"] == [200, 304]
        source = tmp_path / "dashboard" / "api" / "lists.py"
        source.parent.mkdir(parents=True)
        source.write_text("other = True\n")
        settings.BASE_DIR = tmp_path
        assert [caller.ask("runs/") for _ in "12"] == [200, 304]


def test_every_table_is_counted_or_never_shown():
    assert uncounted_tables() == []


def test_no_writer_waits_for_another_and_each_is_counted(run):
    params = connection.get_connection_params()
    names = ("dbname", "user", "password", "host", "port")
    given = {name: params[name] for name in names if params.get(name)}
    sql = "UPDATE ingest_run SET name = %s WHERE id = %s"
    other_run = factories.make_run()
    seen = [data_version()]
    with psycopg.connect(**given) as first, psycopg.connect(**given) as second:
        for open_one, pk in ((first, run.pk), (second, other_run.pk)):
            open_one.execute("SET lock_timeout = '2s'")
            # Twice in one transaction counts once.
            open_one.execute(sql, ["a", pk])
            open_one.execute(sql, ["b", pk])
        # What nobody can see yet is no change.
        assert data_version() == seen[0]
        for open_one in (second, first):
            open_one.commit()
            seen.append(data_version())
    counted = [int(version.partition(".")[2]) for version in seen]
    assert counted == [counted[0], counted[0] + 1, counted[0] + 2]
