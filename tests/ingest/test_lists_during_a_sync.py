"""Every list read page by page while a sync writes: no row is lost or met twice."""

from __future__ import annotations

import pkgutil
from datetime import timedelta
from functools import partial
from importlib import import_module

import pytest
from django.db import transaction
from django.test import Client

import dashboard.lists
from dashboard.filters import Filters
from dashboard.lists import Listing, page, stream
from dashboard.lists.paging import BATCH
from dashboard.lists.results import results_of_case, results_of_run
from dashboard.lists.threads import threads_of_run
from dashboard.models import RunJudgement, Verdict
from ingest.contract import Counts, RunStatus, ThreadRecord
from ingest.models import Case, Milestone, Run
from ingest.upsert import Batch, ProjectStore
from tests import clock, factories
from tests.dashboard.page_reader import person
from tests.ingest.records import a_result, a_run

pytestmark = pytest.mark.django_db(transaction=True)
RUNS, HOUR = 7, timedelta(hours=1)
MINUTE = timedelta(minutes=1)


NOT_WRITTEN = ("shares", "late results", "changed results")


def declared() -> dict[str, Listing]:
    """Every list that a module of lists declares: a new one is walked too."""
    modules = (
        import_module(f"dashboard.lists.{module.name}")
        for module in pkgutil.iter_modules(dashboard.lists.__path__)
    )
    found = [value for module in modules for value in vars(module).values()]
    return {
        # Two may differ in what strangers may search only.
        f"{one.name} {one.default_sort}": one
        for one in found
        # What a sync writes is none of shares, nor of what is recorded after a moment.
        if isinstance(one, Listing) and not one.name.startswith(NOT_WRITTEN)
    }


LISTINGS = declared()
NESTED = ("results of a run", "results of a case", "threads of a run")


class Tool:
    """A vendor's project whose runs are stored as a sync does it."""

    def __init__(self):
        self.project = factories.make_project()
        self.store = ProjectStore(self.project)
        self.now = clock.now() - 300 * HOUR
        self.milestones = []
        for number in range(RUNS):
            self.milestones.append(factories.make_milestone(self.project, f"v{number}"))
            self.write(number, is_open=number % 2 == 0)
            factories.make_sync(self.project.connection)
            factories.make_project()
        for run in Run.objects.order_by("pk")[:4]:
            RunJudgement.objects.create(run=run, verdict=Verdict.EXCLUDED, by="mara")
        self.another_tool()

    def another_tool(self):
        """A flaky test whose runs need a retry, and runs that a person excluded from
        every number: no sync touches them.
        """
        project = factories.make_project()
        for number in range(8):
            starts = self.now + number * HOUR
            run = factories.make_run(project, started_at=starts)
            times = [starts, starts + MINUTE]
            factories.make_results(run, "FP", cases=["pays", "pays"], at=times)
            if number > 4:
                RunJudgement.objects.create(
                    run=run, verdict=Verdict.UNCOUNTED, by="mara"
                )

    def write(self, number, *, is_open=False, later=0 * HOUR, name="Nightly"):
        """A run of three tests in threads; those of an open one were not executed."""
        starts = self.now + number * HOUR + later
        rows = [
            a_result(
                f"case-{number}-{n}",
                "U" if is_open else "F",
                name=f"{name} {number} {n}",
                executed_at=None if is_open else starts + n * MINUTE,
                thread=f"t{n}",
            )
            for n in range(3)
        ]
        record = a_run(
            str(number),
            name=f"{name} {number}",
            status=RunStatus.RUNNING if is_open else RunStatus.FAILED,
            is_open=is_open,
            started_at=None if is_open else starts,
            finished_at=None if is_open else starts + HOUR,
            vendor_counts=Counts(failed=2),
        )
        threads = [ThreadRecord(external_id=f"t{n}", name=f"t{n}") for n in range(3)]
        with transaction.atomic():
            self.store.store(Batch(record=record, results=rows, threads=threads))

    def goes_on(self, step):
        """What a sync does between two pages: runs arrive, start later than they were
        planned, are executed and renamed; tests are seen again; dates move.
        """
        self.write(1000 + step)
        far = 200 * HOUR if step % 2 else -200 * HOUR
        for number in range(step % 2, RUNS, 2):
            self.write(number, later=far + step * HOUR, name=f"Step {step}")
        for number, milestone in enumerate(self.milestones):
            due = clock.now() + ((number * 5 + step) % 7) * HOUR
            Milestone.objects.filter(pk=milestone.pk).update(
                due_at=due, name=f"w{step}"
            )
        factories.make_milestone(self.project, f"new {step}")
        factories.make_sync(self.project.connection, requested_at=clock.now())
        factories.make_project()


def nested(name):
    run = Run.objects.order_by("pk").first()
    case = Case.objects.order_by("pk").first()
    return {
        "results of a run": partial(results_of_run, run),
        "results of a case": partial(results_of_case, case),
        "threads of a run": partial(threads_of_run, run),
    }[name]()


def id_of(row):
    return getattr(row, "id", None) or row.run


@pytest.mark.parametrize("name", [*LISTINGS, *NESTED])
def test_a_walk_gives_every_row_once_while_a_sync_writes(name):
    tool = Tool()
    listing = LISTINGS.get(name) or nested(name)
    if name.endswith("urgency"):
        # The page's order by urgency moves, and says so.
        assert listing.is_moving(Filters())
        listing = listing_in_its_first_order(listing)
    assert not listing.is_moving(Filters())
    before = [id_of(row) for row in stream(listing, Filters())]
    met, position, step = [], None, 0
    while step == 0 or position is not None:
        found = page(listing, Filters(), limit=2, position=position)
        met += [id_of(row) for row in found.rows]
        position, step = found.next, step + 1
        # A list that grows at its end as fast as it is read has none.
        if step < min(20, len(before) // 2 + 3):
            tool.goes_on(step)
    assert len(before) >= (1 if name == "results of a case" else 3)
    assert [met.count(one) for one in before] == [1] * len(before)
    assert len(met) == len(set(met))


def listing_in_its_first_order(listing):
    (same,) = [
        one
        for one in LISTINGS.values()
        if one.row is listing.row
        and one.select is listing.select
        and one is not listing
    ]
    return same


def test_a_stream_gives_every_row_once_while_a_sync_writes(monkeypatch):
    monkeypatch.setattr("dashboard.lists.paging.BATCH", 2)
    assert BATCH > 2
    tool = Tool()
    for listing in (dashboard.lists.RUNS, dashboard.lists.RESULTS):
        before = [id_of(row) for row in stream(listing, Filters())]
        met = []
        for step, row in enumerate(stream(listing, Filters(now=clock.now()))):
            met.append(id_of(row))
            if step % 3 == 1:
                tool.goes_on(step)
        assert [met.count(one) for one in before] == [1] * len(before)


def test_going_back_meets_the_rows_where_they_were():
    tool = Tool()
    listing = dashboard.lists.RUNS
    first = page(listing, Filters(), limit=3)
    second = page(listing, Filters(), limit=3, position=first.next)
    for number in range(RUNS):
        tool.write(number, later=100 * HOUR)
    back = page(listing, Filters(), limit=3, position=second.previous)
    assert [row.id for row in back.rows] == [row.id for row in first.rows]


@pytest.mark.parametrize(
    ("path", "order"),
    [
        ("cases/", None),
        ("cases/?sort=-last_seen_at", "moving"),
        ("cases/?sort=-last_seen_at&format=csv", "moving"),
        ("runs/", None),
        ("runs/?sort=name", "moving"),
        ("milestones/?sort=due_at", "moving"),
        ("metrics/flaky/", "moving"),
        ("metrics/reconciliation/", None),
    ],
)
def test_an_order_that_moves_is_told_in_a_header(path, order, settings):
    settings.PUBLIC_READ = True
    answer = Client().get(f"/api/v1/{path}")
    assert answer.status_code == 200
    assert answer.headers.get("X-Order") == order


def test_numbered_pages_say_that_rows_may_change_them(client):
    client.force_login(person("mara"))
    project = factories.make_project()
    ended, running = (
        factories.make_run(project, is_open=is_open) for is_open in (False, True)
    )
    for run in (ended, running):
        factories.make_results(run, "P" * 60)
    for _ in range(60):
        factories.make_sync(project.connection)
    said = "Rows may change pages while data arrives"
    for path, is_said in (
        ("/sync/history/", True),
        (f"/runs/{running.pk}/?status=all", True),
        (f"/runs/{ended.pk}/?status=all", False),
    ):
        html = client.get(path).content.decode()
        assert (said in html) == is_said, path


def test_a_page_says_that_the_order_moves_when_there_is_another_page(settings):
    settings.PUBLIC_READ = True
    project = factories.make_project()
    for number in range(60):
        factories.make_case(project, f"case {number}")
    said = "This order moves while data arrives"
    assert said not in Client().get("/cases/").content.decode()
    assert said in Client().get("/cases/?sort=-last_seen_at").content.decode()
