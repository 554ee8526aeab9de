"""Which rows the filters choose, as conditions of Django's queries."""

from __future__ import annotations

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce

from dashboard.filters.counting import is_uncounted, may_be_uncounted
from dashboard.filters.state import Filters, Window
from dashboard.ids import id_of
from ingest.contract import Status
from ingest.models import (
    STATUS_CODES,
    Configuration,
    Connection,
    Project,
    RunMilestone,
)


def needs_rows(filters: Filters) -> bool:
    """Whether only single results can answer, so that runs with totals are left out."""
    return bool(filters.case or filters.q or filters.status or filters.signature)


def project_conditions(filters: Filters, path: str = "") -> Q:
    """Conditions on projects by project, connection and tool; `path` ends in "__"."""
    chosen = Q()
    if filters.project:
        chosen &= Q(**{f"{path}id__in": filters.project})
    if filters.connection:
        ids = [n for c in filters.connection if (n := id_of(c)) is not None]
        chosen &= Q(**{f"{path}connection__name__in": filters.connection}) | Q(
            **{f"{path}connection_id__in": ids}
        )
    if filters.tool:
        chosen &= Q(**{f"{path}connection__vendor__in": filters.tool})
    return chosen


def run_conditions(filters: Filters, *, of: str = "", removed_too: bool = False) -> Q:
    """Conditions on runs that are not removed, without any on time. Runs that a person
    excluded from every number are left out unless the filters say that they are in.

    `of` names the foreign key to Run ("run") when other rows are chosen by their run.
    """
    path = f"{of}__" if of else ""
    chosen = Q() if removed_too else Q(**{f"{path}removed_at__isnull": True})
    if not filters.with_uncounted and may_be_uncounted():
        chosen &= ~is_uncounted(of)
    chosen &= project_conditions(filters, f"{path}project__")
    if filters.source:
        chosen &= Q(**{f"{path}source__name__in": filters.source})
    if filters.configuration:
        chosen &= Q(**{f"{path}configuration_id__in": _configurations(filters)})
    if filters.branch:
        chosen &= Q(**{f"{path}branch__in": filters.branch})
    elif filters.branches_in_force:
        chosen &= default_branch_conditions(filters, path)
    if filters.milestone:
        members = RunMilestone.objects.filter(
            removed_at__isnull=True, member__milestone_id__in=filters.milestone
        )
        chosen &= Q(**{f"{of or 'pk'}__in": members.values("run_id")})
    return chosen


def default_branch_conditions(filters: Filters, path: str) -> Q:
    """Runs of each project's default branch, and all of the projects without one.

    Written out by branch: the database compares columns of the run alone.
    """
    projects_of: dict[str, list[int]] = {}
    for project, branch in filters.branches_in_force:
        projects_of.setdefault(branch, []).append(project)
    having = [project for projects in projects_of.values() for project in projects]
    is_of_all = bool(filters.project) and not {*filters.project} - {*having}
    if is_of_all and len(projects_of) == 1:
        return Q(**{f"{path}branch": next(iter(projects_of))})
    chosen = Q() if is_of_all else ~Q(**{f"{path}project_id__in": having})
    for branch, projects in projects_of.items():
        chosen |= Q(
            **{f"{path}branch": branch, f"{path}project_id__in": projects},
        )
    return chosen


def result_conditions(
    filters: Filters, window: Window | None = None, *, removed_too: bool = False
) -> Q:
    """Conditions on results that are not removed, of runs that are not; statuses too."""
    chosen = run_conditions(filters, of="run", removed_too=removed_too)
    if not removed_too:
        chosen &= Q(removed_at__isnull=True)
    if filters.project:
        # Said of the result too, so that its own indexes serve.
        chosen &= Q(project_id__in=filters.project)
    if window is not None:
        chosen &= Q(at__gte=window.since, at__lt=window.until)
    if filters.case:
        chosen &= Q(case_id__in=filters.case)
    if filters.q:
        chosen &= text_conditions(filters.q, "case__")
    if filters.status:
        codes = [STATUS_CODES[Status(word)] for word in filters.status]
        chosen &= Q(status__in=codes)
    return chosen


def text_conditions(q: str, path: str = "") -> Q:
    """Cases whose name, folder or key contains `q`, whatever the case of its letters."""
    return (
        Q(**{f"{path}name__icontains": q})
        | Q(**{f"{path}folder__icontains": q})
        | Q(**{f"{path}key__icontains": q})
    )


def canonical_configuration(path: str = "") -> Coalesce:
    """The name that a configuration counts as: its own, or that of what it is alias of."""
    return Coalesce(
        F(f"{path}configuration__alias_of__name"), F(f"{path}configuration__name")
    )


def selected_projects(filters: Filters) -> QuerySet[Project]:
    """Those that their vendor still has."""
    return Project.objects.filter(project_conditions(filters), removed_at=None)


def selected_connections(filters: Filters) -> QuerySet[Connection]:
    """The connections that an answer is made from."""
    if not (filters.project or filters.connection or filters.tool):
        return Connection.objects.all()
    chosen = Q()
    if filters.project:
        chosen &= Q(
            pk__in=Project.objects.filter(pk__in=filters.project).values(
                "connection_id"
            )
        )
    if filters.connection:
        ids = [n for c in filters.connection if (n := id_of(c)) is not None]
        chosen &= Q(name__in=filters.connection) | Q(pk__in=ids)
    if filters.tool:
        chosen &= Q(vendor__in=filters.tool)
    return Connection.objects.filter(chosen)


def _configurations(filters: Filters) -> QuerySet[Configuration, int]:
    """Ids of the configurations of the chosen names, with all that count as the same.

    The name of an alias stands for the whole series that it belongs to.
    """
    named = Configuration.objects.filter(name__in=filters.configuration)
    series = named.annotate(series=Coalesce("alias_of_id", "pk")).values("series")
    return Configuration.objects.filter(
        Q(pk__in=series) | Q(alias_of_id__in=series)
    ).values_list("pk", flat=True)
