"""Names of what rows refer to by id: projects, runs, milestones."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from ingest.models import Case, Milestone, Project, Run


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


def project_names() -> Mapping[int, ProjectName]:
    """All projects, by name."""
    rows = Project.objects.order_by("name", "pk").values_list(
        "pk", "name", "connection__vendor", "connection_id", "vendor_url"
    )
    return {
        pk: ProjectName(
            id=pk, name=name, tool=tool, connection=connection, vendor_url=url
        )
        for pk, name, tool, connection, url in rows
    }


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
