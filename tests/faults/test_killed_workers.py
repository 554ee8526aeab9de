"""A process killed at ten points drawn over all that it does: a sync, an intake, a relay."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from django.db import connection

from dashboard.models import ApiToken, Scope
from ingest import tasks
from ingest.intake.projects import create_project
from ingest.models import Case, RelayedPart, RelayState, Result, ResultText, Run
from ingest.relay.outbox import Queue, leave_out, send_again
from ingest.relay.sending import NO_ANSWER
from ingest.sync.schedule import DIED
from tests.clock import now
from tests.dashboard.intake.relays import (
    a_pushed_run,
    posts,
    project_of,
    queue_of,
    relaying,
    stored_results,
)
from tests.dashboard.intake.test_testmo import sender
from tests.dashboard.page_reader import person, queue_at
from tests.dashboard.slow_clients import WebServer
from tests.faults import aftermath
from tests.faults.dying import Plan, points
from tests.ingest.intake.reports import large_junit
from tests.ingest.served import Served
from tests.ingest.tables import tables
from tests.services import Worker, wait_for

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("empty_redis"),
]
# Another one draws other points.
SEED = "2026"
# At these the worker goes as a whole, at the others the process that does its tasks.
WHOLE = frozenset({3, 8})
SYNC = ("ingest.tasks.sync_connection", "ingest.tasks.sync_project")


class Mortal:
    """A worker that dies as planned, and is started again as `serve` would."""

    def __init__(self, folder: Path) -> None:
        self.plan = Plan(folder / "plan")
        self._folder, self._goes_whole = folder, False
        self._worker = self._started()

    def _started(self) -> Worker:
        name = str(connection.settings_dict["NAME"])
        return Worker(name, self._folder, **self.plan.environment)

    def steps(
        self, doing: tuple[str, ...], do: Callable[[], object], *, tasks: int
    ) -> int:
        """How many steps it takes, in a process that has done it before."""
        for _ in range(2):
            self.plan.arm(doing)
            do()
            steps = wait_for(lambda: self.plan.counted(tasks), "the tasks to end")
        self.plan.disarm()
        return int(steps)

    def dies(self, doing: tuple[str, ...], at: int, number: int) -> None:
        self._goes_whole = number in WHOLE
        self.plan.arm(doing, at=at, whole=self._goes_whole)

    def is_back(self) -> None:
        wait_for(self.plan.is_over, "the planned death", limit_s=60)
        if self._goes_whole:
            wait_for(self._worker.has_ended, "the worker to end")
            self._worker = self._started()

    def stop(self) -> None:
        self._worker.stop()


@pytest.fixture
def mortal(tmp_path: Path) -> Iterator[Mortal]:
    worker = Mortal(tmp_path)
    yield worker
    worker.stop()


def test_a_worker_killed_at_any_point_of_a_sync(vendor: Served, mortal: Mortal):
    whole = vendor.undisturbed()

    def undisturbed() -> None:
        vendor.forget()
        aftermath.is_read_again()

    steps = mortal.steps(SYNC, undisturbed, tasks=3)
    told = set()
    for number, at in enumerate(points(SEED, steps)):
        vendor.forget()
        mortal.dies(SYNC, at, number)
        tasks.start_due_syncs.delay()
        mortal.is_back()
        aftermath.what_died_is_closed()
        told |= aftermath.is_told()
        aftermath.is_read_again()
        aftermath.is_sound(whole)
    assert DIED in told


# --- a relay --------------------------------------------------------------------------

RELAY = ("ingest.tasks.hand_on_queue",)


def test_a_worker_killed_at_any_point_of_a_relay(
    vendor: Served, mortal: Mortal, redis_server: str
):
    relaying(vendor)
    ci, project = sender("intake"), project_of(vendor)
    runs: list[Run] = []
    decided = 0

    def hands_on() -> None:
        # Nobody listens there, so that one task sends all of it.
        with queue_at(f"{redis_server.removesuffix('/0')}/9"):
            runs.append(a_pushed_run(ci, project))
        tasks.hand_on_queue.delay(project.pk, runs[-1].pk)

    def undisturbed() -> None:
        hands_on()
        wait_for(lambda: not is_on_its_way(runs[-1]), "the queue to be sent")

    steps = mortal.steps(RELAY, undisturbed, tasks=1)
    stored, arrived = stored_results(runs[-1]), at_the_tool(vendor, runs[-1])
    assert len(stored) == len(arrived) == 3
    for number, at in enumerate(points(SEED, steps)):
        asked = len(posts(vendor))
        mortal.dies(RELAY, at, number)
        hands_on()
        mortal.is_back()
        claimed = RelayedPart.objects.exclude(claimed_until=None)
        claimed.update(claimed_until=now())
        tasks.hand_on_what_waits.delay()
        wait_for(lambda: not is_on_its_way(runs[-1]), "the rest to be sent")
        if part := unclear(runs[-1]):
            decided += 1
            somebody_decides(part, has_arrived=len(posts(vendor)) - asked)
            wait_for(lambda: not is_on_its_way(runs[-1]), "the rest to be sent")
        assert at_the_tool(vendor, runs[-1]) == arrived
        assert stored_results(runs[-1]) == stored
    assert decided, "no point lay between a request and its answer"
    left = tables()
    aftermath.what_died_is_closed()
    aftermath.is_read_again()
    aftermath.is_sound({name: left[name] for name in ("results", "cases")})


def is_on_its_way(run: Run) -> bool:
    """Neither sent to its end nor stopped by what a person has to decide."""
    waits = queue_of(run).parts().filter(state=RelayState.WAITING)
    return waits.exists() and unclear(run) is None


def unclear(run: Run) -> RelayedPart | None:
    return queue_of(run).parts().filter(state=RelayState.UNCLEAR).first()


def at_the_tool(vendor: Served, run: Run) -> list[tuple[str, str]]:
    run.refresh_from_db()
    (there,) = (
        one
        for _, one in vendor.simulator.pushed.values()
        if str(one.number) == run.external_id
    )
    assert there.finished_at is not None
    return [(result.key, result.outcome) for result in there.results]


def somebody_decides(part: RelayedPart, *, has_arrived: int) -> None:
    """As the page tells them: by what they see at the tool. `has_arrived`: how many
    requests of the run have.
    """
    assert part.sentence == NO_ANSWER
    assert NO_ANSWER in aftermath.page("/sync/relay/")
    queue = Queue(part.project_id, part.run_id)
    before = queue.parts().filter(pk__lt=part.pk).count()
    # Of a run or a thread that nobody knows there may be a second, empty one.
    is_there = has_arrived > before and part.act == "append_thread"
    (leave_out if is_there else send_again)(queue)
    tasks.hand_on_queue.delay(*queue)


# --- an intake ------------------------------------------------------------------------

PATH = "/api/v1/intake/junit/"
INTAKE = (PATH,)


def test_a_web_process_killed_at_any_point_of_an_intake(
    transactional_db: None, tmp_path: Path
):
    project = create_project("Shop")
    _, token = ApiToken.issue(person().pk, scopes=[Scope.INTAKE])
    plan = Plan(tmp_path / "plan")
    # Started by a fork, it is there again in no time.
    loaded = {"GUNICORN_CMD_ARGS": "--preload"}
    name = str(connection.settings_dict["NAME"])
    web = WebServer(name, tmp_path, **plan.environment, **loaded)

    def push() -> requests.Response:
        return requests.post(
            f"http://127.0.0.1:{web.port}{PATH}",
            params={"project": project.pk, "run": "Nightly"},
            data=b"".join(large_junit(12, letters=200)),
            headers={"Authorization": f"Bearer {token}", "Content-Type": "text/xml"},
            timeout=240,
        )

    try:
        for _ in range(2):
            nothing_is_stored()
            plan.arm(INTAKE)
            assert push().status_code == 201
            steps = wait_for(lambda: plan.counted(1), "the request to end")
        whole = stored_run()
        answers = []
        for at in points(SEED, steps):
            nothing_is_stored()
            plan.arm(INTAKE, at=at)
            with pytest.raises(requests.ConnectionError):
                push()
            assert plan.is_over()
            # All or nothing, and the client that sends it again is told which.
            stored = Result.objects.count()
            answers.append((stored, push().status_code))
            assert stored_run() == whole
            aftermath.nothing_is_stuck()
    finally:
        web.stop()
    assert set(answers) <= {(0, 201), (len(whole["results"]), 200)}
    assert (0, 201) in answers
    assert "Nightly" in aftermath.page("/runs/")


def stored_run() -> dict[str, list[Any]]:
    """All that is stored of the only run, without the id that it was given."""
    own = Run.objects.get().external_id
    return {
        name: [tuple(value for value in row if value != own) for row in rows]
        for name, rows in tables().items()
    }


def nothing_is_stored() -> None:
    for model in (Result, ResultText, Run, Case):
        model._default_manager.all().delete()
