"""The same questions asked of both by HTTP, each of a server with one process."""

from __future__ import annotations

import http.client
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote

from benchmarks.field.squad import GROUP, Squad

ROUNDS = 21
# A statement that changes no row, and counts as a change all the same.
_CHANGE = "UPDATE ingest_source SET name = name WHERE false"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """The page of SQUAD and ours that answer it best; "" where there is none."""

    text: str
    theirs: str
    ours: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Took:
    """Milliseconds of ROUNDS requests."""

    median: float
    p95: float

    def __str__(self) -> str:
        return f"{self.median:.0f} / {self.p95:.0f}"


def questions(squad: Squad) -> list[Question]:
    from ingest.models import Case, Project, Run

    project = Project.objects.get(name="Product 0")
    run = Run.objects.filter(project=project).latest("at")
    case = Case.objects.filter(project=project).order_by("-last_seen_at")[0]
    theirs = f"/{GROUP}/product-0"
    build, name = _newest(squad)
    history = f"{theirs}/tests/{quote(name)}"
    return [
        Question(text="overview", theirs=f"/{GROUP}/", ours="/"),
        Question(text="overview, 90 days", theirs="", ours="/?window=90d"),
        Question(
            text="a project", theirs=f"{theirs}/", ours=f"/projects/{project.pk}/"
        ),
        Question(text="runs", theirs=f"{theirs}/builds/", ours="/runs/"),
        Question(
            text="a run", theirs=f"{theirs}/build/{build}/", ours=f"/runs/{run.pk}/"
        ),
        Question(
            text="a run's tests",
            theirs=f"{theirs}/build/{build}/tests/",
            ours=f"/runs/{run.pk}/",
        ),
        Question(text="a test's history", theirs=history, ours=f"/cases/{case.pk}/"),
        Question(text="flaky tests", theirs="", ours="/flaky/"),
    ]


def _newest(squad: Squad) -> tuple[str, str]:
    """A build of the first project and one of its tests."""
    ((build, suite, name),) = squad.query(
        "SELECT b.version, m.suite, m.name FROM core_build b"
        " JOIN core_project p ON p.id = b.project_id AND p.slug = 'product-0'"
        " JOIN core_test t ON t.build_id = b.id"
        " JOIN core_suitemetadata m ON m.id = t.metadata_id"
        " ORDER BY b.datetime DESC, t.id DESC LIMIT 1"
    )
    return build, f"{suite}/{name}"


def ask_both(
    asked: Question, ours: int, squad: Squad
) -> tuple[Took | None, Took, Took]:
    """SQUAD's page, ours made anew each time, and ours within its minute; each round asks
    for all three, and the ports are those of the servers.
    """
    theirs = _asker(squad.port, asked.theirs) if asked.theirs else None
    again = _asker(ours, asked.ours)
    times: tuple[list[float], ...] = ([], [], [])
    for number in range(1 + ROUNDS):
        if theirs:
            times[0].append(theirs())
        _count_a_change()
        times[1].append(again())
        times[2].append(again())
        if not number:
            # The first of each warms what it needs.
            for found in times:
                found.clear()
    of_squad, made, kept = (_took(found) if found else None for found in times)
    assert made
    assert kept
    return of_squad, made, kept


def _count_a_change() -> None:
    """So that a page kept for its minute is none any more, as while a sync writes."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(_CHANGE)


def _asker(port: int, path: str) -> Callable[[], float]:
    def ask() -> float:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        begun = time.perf_counter()
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        took_s = time.perf_counter() - begun
        connection.close()
        if answer.status != 200:
            raise RuntimeError(f"{path}: {answer.status}")
        return 1000 * took_s

    return ask


def _took(times_ms: list[float]) -> Took:
    ordered = sorted(times_ms)
    return Took(
        median=statistics.median(ordered), p95=ordered[len(ordered) * 95 // 100]
    )
