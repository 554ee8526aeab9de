"""A history as it happens: runs that are read, put right, taken back and pushed in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

from django.db import connection, transaction

from ingest.contract import (
    CaseRecord,
    MilestoneRecord,
    Reject,
    ResultRecord,
    RunRecord,
    RunStatus,
    ThreadRecord,
)
from ingest.intake.closing import close_abandoned, close_run
from ingest.intake.errors import ClosedError
from ingest.intake.projects import create_project
from ingest.intake.runs import append_results, close_thread, open_run, open_thread
from ingest.models import MilestoneMember, Project, PushedRun, Run, Sync, Thread
from ingest.recording import recording_time
from ingest.relay.sending import _join_run
from ingest.relaying import Taken
from ingest.upsert import (
    Batch,
    ProjectStore,
    declare,
    mark_milestones_removed,
    mark_run_removed,
    store_listed_cases,
    store_milestone_cases,
    store_read,
    upsert_milestones,
)
from tests import clock
from tests.dashboard.metrics.histories import Row, RunPlan
from tests.dashboard.metrics.histories.plans import HOURS
from tests.factories import LETTERS
from tests.ingest import late

LISTED = [f"listed {number}" for number in range(6)]


def now() -> datetime:
    """By the clock that everything is recorded by; all until here is recorded before."""
    with connection.cursor() as cursor:
        # As at the end of a transaction: what follows has a later time.
        cursor.execute("SELECT set_config('passline.recording_time', '', true)")
        cursor.execute("SELECT clock_timestamp()")
        found: datetime = cursor.fetchone()[0]
    return found


class History:
    """Two tools, the second of which is connected late, and a project without any."""

    def __init__(self, dice: Random, name: str = "Shop") -> None:
        self._dice, self._name = dice, name
        with clock.stopped(now()):
            self._stores = [self._connected(name)]
            self._pushed = ProjectStore(create_project(f"{name}, pushed"))
        self._plans: dict[str, RunPlan] = {}
        self._number = 0

    def _connected(self, name: str) -> ProjectStore:
        return ProjectStore(late.Tool(name).project)

    def goes_on(self) -> str:
        """One thing happens, which is what it is called."""
        happens = self._dice.choice(HAPPENS)
        # Each is a transaction of its own, at a time of its own.
        with clock.stopped(now()), transaction.atomic():
            happens(self)
        for store in (*self._stores, self._pushed):
            store.cases.flush_times()
        now()
        return happens.__name__

    def settles(self) -> None:
        """What is pushed comes to its end."""
        with clock.stopped(now()):
            for run in Run.objects.filter(pushed__isnull=False, is_open=True):
                close_run(run.pk)
        now()

    # What tools state ---------------------------------------------------------------

    def is_read(self) -> None:
        """A run is new, or it is put right, more or less of it is there, or it is gone."""
        dice = self._dice
        run = f"r{dice.randrange(5)}"
        plan = self._plans.get(run)
        if plan is None or dice.random() < 0.3:
            plan = self._plans[run] = self._new_plan(run)
        said = dice.choice((*late.EARLIER, lambda one: one))(plan)
        store = dice.choice(self._stores)
        stored = Run.objects.filter(project=store.project, external_id=run)
        if said.is_removed:
            for one in stored:
                mark_run_removed(one)
            return
        batch = late.batch_of(said)
        # Messages are always today's: so each test has one.
        batch.results = [replace(o, message=f"no {o.key}") for o in batch.results]
        if dice.random() < 0.5:
            self._split(batch)
        if dice.random() < 0.4:
            batch.rejects.append(Reject(where=run, reason="odd", payload={"n": run}))
        batch.is_whole = dice.random() < 0.9
        store.store(batch)

    def _new_plan(self, run: str) -> RunPlan:
        dice = self._dice
        return RunPlan(
            external_id=run,
            hours=dice.randrange(HOURS),
            rows=tuple(self._rows()),
            configuration=dice.choice(("", "Chrome", "Chrome 2")),
            source=dice.choice(("", "backend")),
            branch=dice.choice(("main", "dev")),
            commit=dice.choice(("", "c1")),
            milestones=frozenset(dice.sample(range(3), dice.randrange(3))),
            kind=dice.choice(("automated", "automated", "manual")),
            has_start=dice.random() < 0.8,
            lasts_hours=dice.choice((None, 1, 2)),
            crowd=dice.choice(((0, 0), (0, 0), (4, 17))),
        )

    def _rows(self) -> list[Row]:
        dice = self._dice
        return [
            Row(
                case=dice.randrange(4),
                letter=dice.choice("PPPFFESBUR?"),
                hours=dice.randrange(60) / 2,
                is_marked=dice.random() < 0.3,
                duration_ms=dice.choice((None, 5, 7)),
            )
            for _ in range(dice.randrange(8))
        ]

    def _split(self, batch: Batch) -> None:
        """Its results lie in two threads."""
        for name in ("a", "b"):
            status = self._dice.choice((RunStatus.PASSED, RunStatus.FAILED))
            lasts_ms = self._dice.choice((None, 5, 6))
            batch.threads.append(
                ThreadRecord(external_id=name, status=status, duration_ms=lasts_ms)
            )
        batch.results = [
            replace(one, thread=self._dice.choice(("a", "b"))) for one in batch.results
        ]

    def is_connected(self) -> None:
        """Another tool, at most one."""
        if len(self._stores) == 1:
            self._stores.append(self._connected(f"{self._name}, too"))

    def is_taken_away(self) -> None:
        """A project without runs, which its tool has no longer."""
        old = Project.objects.filter(name="old", removed_at=None)
        if not old.update(removed_at=now()):
            Project.objects.get_or_create(
                connection=self._stores[0].project.connection,
                external_id=f"old {self._next()}",
                name="old",
            )

    def is_listed(self) -> None:
        """Tests that a tool keeps; those that it does not any more are gone."""
        kept = self._dice.sample(LISTED, 3)
        records = [CaseRecord(key=key, name=key) for key in kept]
        project = self._stores[0].project
        store_listed_cases(project, records, recording_time(), is_whole=True)

    def is_declared(self) -> None:
        named = ResultRecord(
            key="declared", name="declared", status=LETTERS["U"], raw_status=""
        )
        declare(self._stores[0].project, [named], recording_time())

    def is_planned(self) -> None:
        """A milestone holds other tests."""
        member = self._member()
        kept = self._dice.sample([*LISTED, "case 0", "case 1"], 3)
        if member:
            whole = self._dice.random() < 0.8
            store_milestone_cases(member, kept, recording_time(), is_whole=whole)

    def is_milestone(self) -> None:
        """One is new, or taken away, which no other tool has."""
        project = self._stores[0].project
        member = self._member(external_id__startswith="m")
        if member and self._dice.random() < 0.5:
            mark_milestones_removed([member])
            return
        number = f"m{self._next()}"
        upsert_milestones(project, [MilestoneRecord(external_id=number, name=number)])

    def _member(self, **chosen: str) -> MilestoneMember | None:
        members = MilestoneMember.objects.filter(
            project=self._stores[0].project, removed_at=None, **chosen
        ).order_by("pk")
        return self._dice.choice(list(members)) if members else None

    def is_synced(self) -> None:
        """A sync begins, or the one that did ends."""
        connection_of = self._stores[0].project.connection
        under_way = Sync.objects.filter(finished_at=None).first()
        if under_way is None:
            Sync.objects.create(
                connection=connection_of,
                trigger="schedule",
                status="running",
                requested_at=now(),
                started_at=now(),
            )
            return
        under_way.status, under_way.finished_at = "partial", now()
        under_way.runs_read, under_way.error = 5, "no"
        under_way.save()

    # What is pushed -----------------------------------------------------------------

    def is_opened(self) -> None:
        record = RunRecord(
            external_id="",
            name="pushed",
            status=RunStatus.RUNNING,
            branch="main",
            started_at=clock.now() - timedelta(hours=self._dice.randrange(40)),
        )
        run = open_run(self._pushed.project, record, format="testmo")
        if self._dice.random() < 0.6:
            open_thread(run.pk, name="lane", observed_us=1000)

    def is_appended(self) -> None:
        run = self._run(is_open=True)
        if run is None:
            return self.is_opened()
        thread = self._thread(run)
        append_results(
            run.pk,
            self._results(),
            thread_id=thread.pk if thread else None,
            observed_us=2_000_000 if thread else None,
        )
        return None

    def is_late(self) -> None:
        """What comes behind the end of its run."""
        if run := self._run(is_open=False):
            append_results(run.pk, self._results(), takes_late=True)

    def is_closed(self) -> None:
        run = self._run(is_open=True)
        if run is None:
            return
        thread = self._thread(run)
        if thread and self._dice.random() < 0.4:
            close_thread(thread.pk, computed_us=3000)
        else:
            close_run(run.pk)

    def is_abandoned(self) -> None:
        """Runs close by themselves; what comes later opens them again."""
        close_abandoned(clock.now() + timedelta(days=2))
        pushed = PushedRun.objects.filter(is_abandoned=True).first()
        if pushed and self._dice.random() < 0.6:
            try:
                append_results(pushed.run_id, self._results())
            except ClosedError:
                return

    def is_read_at_its_tool(self) -> None:
        """A sync finds what was pushed, with more than that."""
        run = self._run()
        if run is None:
            return
        rows = [
            replace(one, duration_ms=9, thread=self._dice.choice(("", "x")))
            for one in self._results()
        ]
        record = RunRecord(
            external_id=run.external_id, name=run.name, status=RunStatus.PASSED
        )
        threads = [ThreadRecord(external_id="x", name="x", status=RunStatus.PASSED)]
        store_read(self._pushed, Batch(record, threads, rows))

    def is_handed_on(self) -> None:
        """The tool has it too, under an id of its own."""
        if run := self._run():
            _join_run(
                run.pk, Taken(made=f"tool-{self._next()}", url="https://t.example")
            )

    def _run(self, **chosen: bool) -> Run | None:
        runs = Run.objects.filter(pushed__isnull=False, **chosen).order_by("pk")
        return self._dice.choice(list(runs)) if runs else None

    def _thread(self, run: Run) -> Thread | None:
        lanes = list(run.threads.filter(status=RunStatus.RUNNING).order_by("pk"))
        return self._dice.choice(lanes) if lanes else None

    def _results(self) -> list[ResultRecord]:
        dice = self._dice
        return [
            ResultRecord(
                key=f"pushed {case}",
                name=f"pushed {case}",
                status=LETTERS[dice.choice("PPFES?")],
                raw_status="so",
                executed_at=clock.now() - timedelta(hours=dice.randrange(50)),
                duration_ms=dice.choice((None, 3)),
                message=f"no pushed {case}",
                is_marked_retry=dice.random() < 0.5,
            )
            for case in dice.choices(range(3), k=dice.randrange(1, 4))
        ]

    def _next(self) -> int:
        self._number += 1
        return self._number


_OFTEN = (History.is_read, History.is_appended)
_SELDOM = (History.is_connected, History.is_taken_away, History.is_declared)
_ELSE = (
    History.is_listed,
    History.is_planned,
    History.is_planned,
    History.is_milestone,
    History.is_synced,
    History.is_opened,
    History.is_late,
    History.is_closed,
    History.is_abandoned,
    History.is_read_at_its_tool,
    History.is_handed_on,
)
HAPPENS: tuple[Callable[[History], None], ...] = (
    *_OFTEN * 8,
    *_ELSE * 2,
    *_SELDOM,
)
