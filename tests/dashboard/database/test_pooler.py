"""Through PgBouncer in transaction mode: what is set for one answer is in no other."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
from django.db import OperationalError, connection, transaction
from django.test import Client

from dashboard.advisory_lock import try_advisory_lock
from dashboard.database.local_settings import held_transaction
from dashboard.models import Team
from dashboard.precomputed.precompute import precompute
from dashboard.readers import Role
from dashboard.reading.scope import Scope, reading
from dashboard.time_limits import statement_limit
from ingest.models import Case, Project, Run
from tests import pooler
from tests.conftest import CLUSTER, OWN_DATABASE
from tests.dashboard.page_reader import logged_in, person
from tests.factories import NOW, make_project, make_results, make_run
from tests.pooler import PgBouncer, pooled
from tests.services import let_servers_in

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(pooler.PROGRAM is None, reason=pooler.MISSING),
]
ROUNDS = 6


@pytest.fixture(scope="module", autouse=True)
def _pooler_may_come_in(django_db_setup: None) -> None:
    if OWN_DATABASE:
        let_servers_in(CLUSTER)


@pytest.fixture
def pool(request, transactional_db: None, tmp_path: Path) -> Iterator[PgBouncer]:
    """Of two sessions unless a test says otherwise."""
    server = PgBouncer(tmp_path, getattr(request, "param", 2))
    yield server
    server.stop()


@pytest.fixture
def projects() -> tuple[Project, Project]:
    """Everybody's, and one of a team."""
    both = make_project(name="Giraffe"), make_project(name="Zebra")
    for project in both:
        make_results(
            make_run(project, started_at=NOW, name=f"{project.name} run"), "PF"
        )
    Team.objects.create(name="owners").projects.add(both[1])
    return both


def at_once(pool: PgBouncer, *works: Callable[[], object]) -> list[object]:
    """Each in a thread of its own."""

    def through(work: Callable[[], object]) -> object:
        with pooled(pool):
            return work()

    with ThreadPoolExecutor(len(works)) as threads:
        return [one.result() for one in [threads.submit(through, w) for w in works]]


def named(client: Client, path: str) -> set[str]:
    answer = client.get(path)
    assert answer.status_code == 200, answer.content
    body = b"".join(answer) if answer.streaming else answer.content
    return set(re.findall("Giraffe|Zebra", body.decode()))


def setting(name: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"SHOW {name}")
        return str(cursor.fetchone()[0])


@pytest.mark.parametrize("pool", [1, 2], indirect=True)
def test_no_reader_gets_what_another_may_see(pool, projects, empty_redis):
    both = {"Giraffe", "Zebra"}
    vera = logged_in(person("vera", Role.VIEWER))
    root = logged_in(person("root", is_superuser=True))
    past = NOW.isoformat().replace("+00:00", "Z")
    asked = [
        "/",
        "/runs/",
        "/api/v1/projects/",
        f"/api/v1/projects/?as_of={past}",
        # By a cursor of the database's, row by row.
        "/api/v1/runs/?format=csv&sort=-duration_ms",
    ]

    def asks(client: Client) -> Callable[[], list[set[str]]]:
        return lambda: [named(client, path) for _ in range(ROUNDS) for path in asked]

    def finds_out() -> list[tuple[str, ...]]:
        """What is left of others in a session that nobody set anything in."""
        names = ("search_path", "statement_timeout", "lock_timeout")
        return [tuple(setting(name) for name in names) for _ in range(8 * ROUNDS)]

    seen, all_, left = at_once(pool, asks(vera), asks(root), finds_out)
    now = [both, both, both, set(), both]
    assert all_ == now * ROUNDS
    assert seen == [one - {"Zebra"} for one in now] * ROUNDS
    assert set(left) == {('"$user", public', "0", "0")}


@pytest.mark.parametrize("pool", [1], indirect=True)
def test_no_limit_of_one_ends_what_another_asks(pool):
    def sleeps() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(0.2)")

    def in_a_hurry() -> int:
        given_up = 0
        with statement_limit(0.05):
            for _ in range(ROUNDS):
                try:
                    sleeps()
                except OperationalError:
                    given_up += 1
                # What fails takes its settings with it, and this does not fail.
                assert setting("statement_timeout") == "50ms"
        return given_up

    def at_leisure() -> int:
        for _ in range(ROUNDS):
            sleeps()
        return 0

    assert at_once(pool, in_a_hurry, at_leisure) == [ROUNDS, 0]


def test_rows_are_handed_out_while_others_ask(pool, projects):
    """A cursor lives in one session; each of its batches is another question."""

    def reads() -> list[str]:
        with held_transaction():
            rows = Case.objects.order_by("pk").values_list("name", flat=True)
            return list(rows.iterator(chunk_size=1))

    def asks() -> int:
        return [Run.objects.count() for _ in range(30)][-1]

    names, runs = at_once(pool, reads, asks)
    assert len(names) == Case.objects.count()
    assert runs == 2


def test_what_is_written_in_a_scope_is_committed_by_itself(pool, projects):
    mine = frozenset([projects[0].pk])

    def writes() -> int:
        with reading(Scope(projects=mine)), statement_limit(5):
            before = Run.objects.count()
            Project.objects.filter(pk=projects[0].pk).update(name="Okapi")
            with suppress(ZeroDivisionError), transaction.atomic():
                Project.objects.filter(pk=projects[0].pk).update(name="Lion")
                raise ZeroDivisionError
            return before + Run.objects.count()

    assert at_once(pool, writes) == [2]
    assert set(Project.objects.values_list("name", flat=True)) == {"Okapi", "Zebra"}


def test_a_lock_that_one_holds_is_nobody_elses(pool, projects):
    def locks() -> list[bool]:
        got = []
        for _ in range(ROUNDS):
            with try_advisory_lock("turn") as is_locked:
                got.append(is_locked)
        return got

    assert at_once(pool, locks) == [[True] * ROUNDS]
    assert at_once(pool, precompute) != [0]
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")
        assert cursor.fetchone() == (0,)
