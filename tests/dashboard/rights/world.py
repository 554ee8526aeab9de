"""An installation of which a part belongs to one team; all that is theirs says Zebra."""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.contrib.auth.models import User

from dashboard.annotations import same_tests
from dashboard.models import (
    CaseNote,
    Mute,
    ProjectChoice,
    RunJudgement,
    SavedView,
    Share,
    Team,
    Verdict,
)
from dashboard.precomputed.precompute import precompute
from dashboard.precomputed.precompute_milestones import precompute_milestones
from ingest.milestones import sum_up
from ingest.models import (
    Case,
    Milestone,
    MilestoneMember,
    Project,
    Reject,
    Result,
    Run,
    StartedRun,
    Sync,
)
from ingest.models.results import ORDINALS
from tests import factories
from tests.dashboard.world import ago, make_world

SUMS = ("runs_read", "runs_written", "results_read", "results_written", "rejected")


@dataclass(frozen=True, kw_only=True)
class Rows:
    """Ids of rows of one kind of project, by the word that stands for them in paths."""

    connection: int
    project: int
    run: int
    result: int
    case: int
    milestone: int
    sync: int
    reject: int
    started: int
    share: int
    view: int = 987_655


@dataclass(frozen=True, kw_only=True)
class Open:
    """What everybody sees."""

    rows: Rows
    shop: Project
    parent: Sync


@dataclass(frozen=True, kw_only=True)
class Hidden:
    """What only the team sees; `projects` beside others of a tool, and a tool alone."""

    rows: Rows
    team: Team
    projects: tuple[Project, ...]


def make_open() -> Open:
    world = make_world()
    connection = world.shop.connection
    for project in Project.objects.all():
        Project.objects.filter(pk=project.pk).update(
            last_success_at=project.connection.last_success_at,
            last_attempt_at=project.connection.last_attempt_at,
        )
    sum_up([world.release.pk])
    parent = factories.make_sync(connection, **dict.fromkeys(SUMS, 3))
    child = factories.make_sync(
        connection, project=world.shop, parent=parent, **dict.fromkeys(SUMS, 3)
    )
    rows = _rows(world.shop, world.newest, world.release, child)
    precompute()
    precompute_milestones()
    return Open(rows=rows, shop=world.shop, parent=parent)


def add_hidden(world: Open) -> Hidden:
    testmo = world.shop.connection
    part = factories.make_project(testmo, name="Zebra part")
    whole = factories.make_connection("Zebra tool", vendor="qatech")
    apart = factories.make_project(whole, name="Zebra apart")
    # Joined with the open project's release by its name, and due before it.
    member = factories.make_milestone(part, "v26.11")
    own = factories.make_milestone(apart, "Zebra release")
    MilestoneMember.objects.filter(project__in=[part, apart]).update(
        due_at=ago(days=20)
    )
    sum_up([member.pk, own.pk])
    _history(part, member)
    run = _history(apart, own)
    sync = _sync(world.parent, part)
    team = Team.objects.create(name="Zebra team")
    team.projects.set([part, apart])
    view = SavedView.objects.create(
        team=team, name="Zebra view", path=f"/projects/{apart.pk}/", place=1
    )
    rows = replace(_rows(apart, run, own, sync), view=view.pk)
    _said(world.rows, rows)
    precompute()
    precompute_milestones()
    return Hidden(rows=rows, team=team, projects=(part, apart))


def _history(project: Project, milestone: Milestone) -> Run:
    """Flaky, failing and slow tests on a branch, source and configuration of its own."""
    for day in range(28, 0, -2):
        run = factories.make_run(
            project,
            name=f"Zebra nightly {day}",
            source="zebra-source",
            configuration="Zebra Phone",
            branch="zebra-branch",
            milestones=[milestone],
            started_at=ago(days=day, hours=1),
            status="failed",
            commit="zebra",
        )
        factories.make_results(
            run,
            "PFPFE" if day % 4 else "FPPFP",
            cases=["Zebra a", "Zebra a", "Zebra b", "Zebra c", "log in"],
            message="Zebra was not found",
            duration_ms=90_000,
        )
    return run


def _sync(parent: Sync, hidden: Project) -> Sync:
    """The hidden project failed in the sync of all, and in its sums."""
    Sync.objects.filter(pk=parent.pk).update(
        status="partial", error="Zebra part: no", **dict.fromkeys(SUMS, 7)
    )
    return factories.make_sync(
        parent.connection,
        project=hidden,
        parent=parent,
        status="failed",
        error="Zebra failed",
        **dict.fromkeys(SUMS, 4),
    )


def _rows(project: Project, run: Run, milestone: Milestone, sync: Sync) -> Rows:
    result = Result.objects.filter(run_id=run.pk).order_by("ordinal").first()
    assert result is not None
    reject = Reject.objects.create(
        connection=project.connection,
        project=project,
        sync=sync,
        where=f"{project.name} row",
        reason=f"{project.name} is odd",
        reason_key=f"{project.name} is odd",
        payload="{}",
        created_at=ago(hours=5),
    )
    started = StartedRun.objects.create(
        connection=project.connection,
        project=project,
        kind="start",
        by="mara",
        body_hash="0",
        state="done",
        asked_at=ago(hours=6),
    )
    return Rows(
        connection=project.connection_id,
        project=project.pk,
        run=run.pk,
        result=run.pk * ORDINALS + result.ordinal,
        case=result.case_id,
        milestone=milestone.pk,
        sync=sync.pk,
        reject=reject.pk,
        started=started.pk,
        share=_share(project),
    )


def _share(project: Project) -> int:
    """Of somebody else."""
    omar, _ = User.objects.get_or_create(username="omar")
    share, _ = Share.make(omar.pk, path="/runs/", projects=[project.pk])
    return share.pk


def _said(opened: Rows, hidden: Rows) -> None:
    """What people said of both, and of one together with the other."""
    case = Case.objects.get(pk=hidden.case)
    CaseNote.objects.create(
        case=case, by="rita", owner="Zebra owner", text="Zebra note"
    )
    Mute.objects.create(case=case, by="rita", until=ago(days=-9), reason="Zebra mute")
    ProjectChoice.objects.create(
        project_id=hidden.project, by="rita", default_branch="zebra-branch"
    )
    RunJudgement.objects.create(
        run_id=Run.objects.filter(project=hidden.project).first().pk,
        by="rita",
        verdict=Verdict.UNCOUNTED,
        reason="Zebra reason",
    )
    same_tests.link(Case.objects.get(pk=opened.case), case, by="rita")
