"""Names of what rows refer to by id: projects, runs, milestones."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from django.db.models import BooleanField, ExpressionWrapper, Q

from dashboard.reading.scope import scope_key
from dashboard.request_cache import each_in_request
from dashboard.unchanged import while_unchanged
from ingest.models import Case, Connection, Milestone, Run

T = TypeVar("T")
PROJECT = ("projects__pk", "projects__name", "projects__vendor_url")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectName:
    """A project and the tool that it is kept in."""

    id: int
    name: str
    tool: str
    connection: int
    vendor_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunName:
    id: int
    name: str
    external_id: str
    project: int
    at: datetime
    source: str
    configuration: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """All projects by id, in the order of their names, and how many connections are in
    use and failed when they synced last.
    """

    projects: Mapping[int, ProjectName]
    broken: int


def catalogue() -> Catalogue:
    """One query for all that answers a request."""
    return while_unchanged("catalogue", _catalogue)


def project_names() -> Mapping[int, ProjectName]:
    """All projects, by name."""
    return catalogue().projects


def _catalogue() -> Catalogue:
    is_broken = Q(paused_at__isnull=True) & ~Q(last_error="")
    rows = (
        Connection.objects.annotate(
            is_broken=ExpressionWrapper(is_broken, output_field=BooleanField())
        )
        .order_by("projects__name", "projects__pk")
        .values_list("pk", "vendor", "is_broken", "projects__removed_at", *PROJECT)
    )
    projects: dict[int, ProjectName] = {}
    broken: set[int] = set()
    for connection, tool, has_failed, removed_at, pk, name, url in rows:
        if has_failed:
            broken.add(connection)
        if pk is not None and removed_at is None:
            projects[pk] = ProjectName(
                id=pk, name=name, tool=tool, connection=connection, vendor_url=url
            )
    return Catalogue(projects=projects, broken=len(broken))


def run_names(ids: Collection[int]) -> Mapping[int, RunName]:
    rows = Run.objects.filter(pk__in=ids).values_list(
        "pk",
        "name",
        "external_id",
        "project_id",
        "at",
        "source__name",
        "configuration__name",
    )
    return {
        pk: RunName(
            id=pk,
            name=name,
            external_id=external_id,
            project=project,
            at=at,
            source=source or "",
            configuration=configuration or "",
        )
        for pk, name, external_id, project, at, source, configuration in rows
    }


def milestone_names(ids: Collection[int]) -> Mapping[int, str]:
    if not ids:
        return {}
    return dict(Milestone.objects.filter(pk__in=ids).values_list("pk", "name"))


def case_names(ids: Collection[int]) -> Mapping[int, str]:
    if not ids:
        return {}
    return dict(Case.objects.filter(pk__in=ids).values_list("pk", "name"))


def learn_names(
    *,
    cases: Collection[int] = (),
    milestones: Collection[int] = (),
    runs: Collection[int] = (),
) -> None:
    """Ask for these together, before a page asks for each of them below."""
    _each(case_names, cases)
    _each(milestone_names, milestones)
    _each(run_names, runs)


def case_name(pk: int) -> str:
    """ "" where there is none, as of the others."""
    return _each(case_names, [pk]).get(pk, "")


def milestone_name(pk: int) -> str:
    return _each(milestone_names, [pk]).get(pk, "")


def run_name(pk: int) -> RunName | None:
    return _each(run_names, [pk]).get(pk)


def _each(
    names: Callable[[Collection[int]], Mapping[int, T]], ids: Collection[int]
) -> dict[int, T]:
    """Of what is being read: another reader's names are kept apart."""
    return each_in_request(f"{names.__name__} {scope_key()}", ids, names)
