"""A small installation with everything that the overview shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from ingest.contract import Counts
from ingest.models import Connection, Milestone, Project, Run
from tests import factories
from tests.factories import NOW


@dataclass(frozen=True)
class World:
    """Two tools with rows and one that gives totals only."""

    shop: Project
    portal: Project
    core: Project
    release: Milestone
    newest: Run


def ago(**length: float):
    return NOW - timedelta(**length)


def make_world() -> World:
    testmo = factories.make_connection("Testmo", vendor="testmo")
    qatech = factories.make_connection("QA.tech", vendor="qatech")
    shop = factories.make_project(testmo, name="Web shop")
    portal = factories.make_project(qatech, name="Portal")
    core = factories.make_project(testmo, name="Core")
    release = factories.make_milestone(shop, "v26.11", due_at=ago(days=3))
    newest = _shop(shop, release)
    _portal(portal)
    _core(core)
    return World(shop=shop, portal=portal, core=core, release=release, newest=newest)


def _shop(project: Project, release: Milestone) -> Run:
    """Daily with two configurations, worse than before; a manual run too."""
    for day in range(31, 58, 2):
        run = factories.make_run(
            project, configuration="Chrome", started_at=ago(days=day)
        )
        factories.make_results(run, "PPPPPPF")
    for day in range(1, 29, 3):
        run = factories.make_run(
            project,
            configuration="Chrome" if day % 2 else "Firefox",
            source="backend",
            milestones=[release],
            started_at=ago(days=day, hours=2),
            status="failed",
        )
        factories.make_results(run, "PPFFEBSU"[: 8 - day % 2])
    manual = factories.make_run(project, kind="manual", started_at=ago(days=4))
    factories.make_results(manual, "FP", cases=["by hand", "by hand too"])
    newest = factories.make_run(
        project, configuration="Chrome", started_at=ago(hours=3), status="failed"
    )
    # With a retry, and with a test that fails for the first time.
    factories.make_results(
        newest,
        "FPPFEF",
        cases=["case 1", "case 1", "case 2", "case 3", "case 5", "new test"],
        at=[ago(hours=3) + timedelta(minutes=n) for n in range(6)],
        message="Expected 3 rows, found 2",
    )
    return newest


def _portal(project: Project) -> None:
    factories.make_history(
        project, "PPPPPPPPPP", case="log in", every=timedelta(days=5)
    )
    factories.make_history(project, "PPPF", case="log out", every=timedelta(hours=9))


def _core(project: Project) -> None:
    for day in (2, 5, 40):
        factories.make_run(
            project,
            started_at=ago(days=day),
            counts=Counts(passed=100 + day, failed=3, error=1, skipped=2),
        )


def connect_only() -> Connection:
    """A tool is connected and nothing has come in yet."""
    connection = factories.make_connection(
        "Testmo", last_attempt_at=None, last_success_at=None
    )
    factories.make_project(connection, name="Web shop")
    return connection
