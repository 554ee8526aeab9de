"""The year posted to both, run by run in turn, so that they have the same machine."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import requests

from benchmarks.field.reports import SquadRun, ctrf_report, squad_run
from benchmarks.field.squad import GROUP, Squad
from benchmarks.intake.clients import Pusher
from benchmarks.intake.server import Server
from benchmarks.million import runs

if TYPE_CHECKING:
    from ingest.upsert import Batch


@dataclass(slots=True)
class Loaded:
    """`results` of one system, the seconds that each POST took, and those of processor
    time that its web process and its database took: these depend less on what else the
    machine does.
    """

    results: int = 0
    took_s: list[float] = field(default_factory=list)
    cpu_s: tuple[float, float] = (0, 0)

    @property
    def rate(self) -> float:
        return self.results / sum(self.took_s)

    @property
    def told_ms(self) -> str:
        """Median and 95th percentile of the POSTs."""
        cuts = statistics.quantiles([1000 * one for one in self.took_s], n=20)
        return f"{cuts[9]:.0f} / {cuts[18]:.0f}"

    @property
    def cpu_ms(self) -> tuple[float, float]:
        """Of web process and database, for 1,000 results."""
        web, database = self.cpu_s
        return 1e6 * web / self.results, 1e6 * database / self.results

    def time(self, results: int, post: Callable[[], object]) -> None:
        begun = time.perf_counter()
        post()
        self.took_s.append(time.perf_counter() - begun)
        self.results += results


def load_both(
    server: Server, token: str, squad: Squad, results: int, sizes: tuple[int, ...]
) -> tuple[Loaded, Loaded]:
    """Post about so many results to Passline and to SQUAD; one client, one POST a run."""
    from ingest.intake.projects import create_project

    ours, theirs = Loaded(), Loaded()
    pusher, session = Pusher(server.port, token), requests.Session()
    session.headers["Auth-Token"] = squad.token
    projects = [create_project(f"Product {n}").pk for n in range(len(sizes))]
    before = server.cpu_s(), squad.cpu_s()
    for number, batch in _in_turn(results, sizes):
        report, theirs_too = ctrf_report(batch), squad_run(batch)
        tests = len({result.key for result in batch.results})
        path = (
            f"/api/v1/intake/ctrf/?project={projects[number]}"
            f"&configuration={batch.record.configuration}"
        )
        theirs.time(tests, lambda: _submit(session, squad, number, theirs_too))  # noqa: B023 # called at once
        ours.time(len(batch.results), lambda: pusher.post(path, report))  # noqa: B023
    ours.cpu_s = _since(before[0], server.cpu_s())
    theirs.cpu_s = _since(before[1], squad.cpu_s())
    return ours, theirs


def _since(
    before: tuple[float, float], now: tuple[float, float]
) -> tuple[float, float]:
    return now[0] - before[0], now[1] - before[1]


def _in_turn(results: int, sizes: tuple[int, ...]) -> Iterator[tuple[int, Batch]]:
    """The runs of all projects, as they would come: of each its oldest first."""
    coming = [
        runs(number, cases, results // len(sizes)) for number, cases in enumerate(sizes)
    ]
    numbers = list(range(len(sizes)))
    while numbers:
        number = numbers.pop(0)
        batch = next(coming[number], None)
        if batch is not None:
            numbers.append(number)
            yield number, batch  # type: ignore[misc]


def _submit(
    session: requests.Session, squad: Squad, number: int, run: SquadRun
) -> None:
    place = f"{GROUP}/product-{number}/{run.build}/{run.environment}"
    answer = session.post(
        f"http://127.0.0.1:{squad.port}/api/submit/{place}",
        files={
            "tests": ("tests.json", run.tests),
            "metadata": ("metadata.json", run.metadata),
        },
    )
    if answer.status_code != 201:
        raise RuntimeError(f"{place}: {answer.status_code} {answer.text[:200]}")
