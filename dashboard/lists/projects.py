"""Projects of the connected tools."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import F, Q, QuerySet

from dashboard.addresses import address
from dashboard.filters import Filters, selected_projects
from dashboard.lists.listing import ONLY_RESULTS, Listing, PagePath, by_name
from dashboard.lists.runs import select as select_runs
from dashboard.readers import ForSignedIn
from ingest.models import Project, Run
from ingest.origins import web_link


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectRow:
    """A vendor's project that is synced. `looked_at`: when it was last compared whole."""

    id: int
    connection: int
    tool: str
    external_id: str
    name: str
    last_attempt_at: datetime | None
    last_success_at: datetime | None
    looked_at: datetime | None
    last_error: ForSignedIn[str]
    created_at: datetime
    url: PagePath
    vendor_url: ForSignedIn[str]


def matching_runs(filters: Filters) -> QuerySet[Run] | None:
    """Runs that the filters choose, None when all of them ask for no run at all.

    Lists of what runs belong to hold what has such a run.
    """
    chooses = bool(
        filters.list_window()
        or filters.source
        or filters.configuration
        or filters.milestone
        or filters.branch
        or filters.branches_in_force
        or filters.case
    )
    if not chooses:
        return None
    return select_runs(_without_words(filters)).order_by()


def _without_words(filters: Filters) -> Filters:
    # Text and status are said of the listed thing, not of its runs.
    return replace(filters, q="", status=())


def select(filters: Filters) -> QuerySet[Project]:
    """Projects with a run that passes the filters; `q` is part of their name."""
    projects = selected_projects(filters).select_related("connection")
    if (runs := matching_runs(filters)) is not None:
        projects = projects.filter(pk__in=runs.values("project_id"))
    if filters.q:
        projects = projects.filter(name__icontains=filters.q)
    if filters.status:
        projects = projects.filter(sync_state(filters))
    return projects


def sync_state(filters: Filters) -> Q:
    """ok: the last attempt succeeded; failed: it ended in an error; new: none yet."""
    states = {
        "ok": Q(last_error="", last_attempt_at__isnull=False),
        "failed": ~Q(last_error=""),
        "new": Q(last_error="", last_attempt_at__isnull=True),
    }
    chosen = Q()
    for word in filters.status:
        chosen |= states[word]
    return chosen


def rows(projects: Sequence[Project]) -> list[ProjectRow]:
    return [
        ProjectRow(
            id=project.pk,
            connection=project.connection_id,
            tool=project.connection.vendor,
            external_id=project.external_id,
            name=project.name,
            last_attempt_at=project.last_attempt_at,
            last_success_at=project.last_success_at,
            looked_at=project.looked_at,
            last_error=project.last_error,
            created_at=project.created_at,
            url=PagePath(address("project", project.pk)),
            vendor_url=web_link(project.vendor_url),
        )
        for project in projects
    ]


SYNC_STATES = ("ok", "failed", "new")
PROJECTS = Listing(
    name="projects",
    row=ProjectRow,
    select=select,
    rows=rows,
    sorts={
        "created_at": F("created_at"),
        "name": by_name(),
    },
    default_sort="created_at",
    moving=frozenset({"name"}),
    statuses=SYNC_STATES,
    refused=ONLY_RESULTS,
)
