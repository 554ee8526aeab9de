"""A planned history as rows of the tables, written in few statements."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.db import transaction

from dashboard.models import CaseGroup, GroupedCase, RunJudgement
from ingest.contract import Detail, Status
from ingest.models import (
    STATUS_CODES,
    Case,
    Configuration,
    Connection,
    Milestone,
    MilestoneMember,
    Project,
    Result,
    ResultText,
    Run,
    RunMilestone,
    Source,
)
from ingest.models.runs import key_hash, normalised_name
from ingest.partitions import ensure_partition
from ingest.rollups import rebuild_run_days
from ingest.series import is_outage
from tests import factories
from tests.dashboard.metrics.histories.plans import (
    CONFIGURATIONS,
    MILESTONES,
    SOURCES,
    VENDORS,
    Row,
    RunPlan,
    numbers,
    partition_of,
    plan_counts,
)
from tests.factories import LETTERS, NOW


@contextmanager
def stored(
    history: Iterable[RunPlan], joined: Iterable[set[tuple[int, int]]] = ()
) -> Iterator[list[Project]]:
    """The history as rows, gone again afterwards.

    `joined`: cases by project and number that a person said are the same test.
    """
    with transaction.atomic():
        world = _World()
        world.store(list(history))
        for group in joined:
            _join([world.case(*case) for case in sorted(group)])
        yield world.projects
        transaction.set_rollback(True)


def _join(cases: list[Case]) -> None:
    group = CaseGroup.objects.create()
    for case in cases:
        GroupedCase.objects.create(group=group, case=case, by="Ada")


class _World:
    """What runs belong to, and the runs, written in few statements."""

    def __init__(self) -> None:
        self.projects = _projects()
        self._cases: dict[tuple[int, int], Case] = {}
        self._configurations = _configurations(self.projects)
        self._sources = {
            (row.project_id, row.name): row
            for row in Source.objects.bulk_create(
                Source(project=project, name=name)
                for project in self.projects
                for name in SOURCES
            )
        }
        self._members = _members(self.projects)

    def case(self, project: int, number: int) -> Case:
        if (project, number) not in self._cases:
            self._cases[project, number] = factories.make_case(
                self.projects[project], f"case {number}"
            )
        return self._cases[project, number]

    def store(self, history: list[RunPlan]) -> None:
        self._make_cases(history)
        for day in {partition_of(plan) for plan in history}:
            ensure_partition(day)
        runs = Run.objects.bulk_create(self._run(plan) for plan in history)
        placed = list(zip(history, runs, strict=True))
        results = [row for plan, run in placed for row in self._results(plan, run)]
        Result.objects.bulk_create(row for row, _ in results)
        _store_texts(results)
        RunMilestone.objects.bulk_create(
            link for plan, run in placed for link in self._links(plan, run)
        )
        RunJudgement.objects.bulk_create(
            RunJudgement(run=run, verdict=plan.verdict, reason="so", by="Ada")
            for plan, run in placed
            if plan.verdict
        )
        rebuild_run_days([run.pk for run in runs])

    def _make_cases(self, history: list[RunPlan]) -> None:
        wanted = {(plan.project, row.case) for plan in history for row in plan.all_rows}
        cases = Case.objects.bulk_create(
            Case(
                project=self.projects[project],
                key=f"case {number}",
                key_hash=key_hash(f"case {number}"),
                name=f"case {number}",
                folder="checkout",
                first_seen_at=NOW,
                last_seen_at=NOW,
            )
            for project, number in sorted(wanted)
        )
        self._cases |= dict(zip(sorted(wanted), cases, strict=True))

    def _run(self, plan: RunPlan) -> Run:
        project = self.projects[plan.project]
        began_at = plan.began_at
        started_at = began_at if plan.has_start else None
        counts = plan_counts(plan)
        lasts = plan.lasts_hours
        return Run(
            project=project,
            external_id=plan.external_id,
            name=plan.name or f"nightly {plan.external_id}",
            kind=plan.kind,
            status="passed",
            detail=Detail.ROWS if plan.counts is None else Detail.COUNTS,
            source=self._sources.get((project.pk, plan.source)),
            configuration=self._configurations.get((project.pk, plan.configuration)),
            branch=plan.branch,
            commit=plan.commit,
            started_at=started_at,
            finished_at=None if lasts is None else began_at + timedelta(hours=lasts),
            duration_ms=plan.duration_ms,
            recorded_at=began_at,
            partition_on=partition_of(plan),
            removed_at=NOW if plan.is_removed else None,
            is_outage=is_outage(counts),
            **{str(status): getattr(counts, status) for status in Status},
        )

    def _results(self, plan: RunPlan, run: Run) -> Iterator[tuple[Result, Row]]:
        if plan.counts is not None:
            return
        placed = numbers(plan)
        for ordinal, row in enumerate(plan.all_rows):
            # A removed row keeps what it said while it was there.
            number, is_final = placed.get(ordinal, (1, True))
            result = Result(
                project_id=run.project_id,
                partition_on=run.partition_on,
                run_id=run.pk,
                ordinal=ordinal,
                case_id=self._cases[plan.project, row.case].pk,
                at=plan.began_at + timedelta(hours=row.hours),
                has_own_time=True,
                status=STATUS_CODES[LETTERS[row.letter]],
                raw_status=row.letter,
                attempt=number,
                is_final=is_final,
                is_marked_retry=row.is_marked,
                duration_ms=row.duration_ms,
                removed_at=NOW if row.is_removed else None,
            )
            yield result, row

    def _links(self, plan: RunPlan, run: Run) -> Iterator[RunMilestone]:
        left = plan.left_milestones - plan.milestones
        for number in sorted(plan.milestones | left):
            if member := self._members.get((plan.project, number)):
                removed_at = NOW if number in left else None
                yield RunMilestone(
                    run=run, member=member, recorded_at=NOW, removed_at=removed_at
                )


def _projects() -> list[Project]:
    connections = Connection.objects.bulk_create(
        Connection(
            name=f"{vendor} of a history",
            vendor=vendor,
            base_url="https://qa.example",
            last_attempt_at=NOW,
            last_success_at=NOW,
        )
        for vendor in VENDORS
    )
    return Project.objects.bulk_create(
        Project(connection=connection, external_id="1", name=connection.vendor)
        for connection in connections
    )


def _configurations(projects: list[Project]) -> dict[tuple[int, str], Configuration]:
    rows = {
        (project.pk, name): Configuration(project=project, name=name)
        for project in projects
        for name in CONFIGURATIONS
    }
    Configuration.objects.bulk_create(rows.values())
    for (project, name), row in rows.items():
        row.alias_of = rows.get((project, CONFIGURATIONS[name] or ""))
    Configuration.objects.bulk_update(rows.values(), ["alias_of"])
    return rows


def _members(projects: list[Project]) -> dict[tuple[int, int], MilestoneMember]:
    """By project and place in MILESTONES."""
    keys = {normalised_name(name): name for names in MILESTONES for name in names}
    milestones = {
        row.name_key: row
        for row in Milestone.objects.bulk_create(
            Milestone(name=name, name_key=key) for key, name in keys.items()
        )
    }
    members = {
        (number, place): MilestoneMember(
            milestone=milestones[normalised_name(name)],
            project=projects[number],
            external_id=name,
            name=name,
            state="open",
        )
        for number, names in enumerate(MILESTONES)
        for place, name in enumerate(names)
    }
    MilestoneMember.objects.bulk_create(members.values())
    return members


def _store_texts(results: list[tuple[Result, Row]]) -> None:
    ResultText.objects.bulk_create(
        ResultText(
            project_id=result.project_id,
            partition_on=result.partition_on,
            run_id=result.run_id,
            ordinal=result.ordinal,
            message=row.message,
        )
        for result, row in results
        if row.message
    )
