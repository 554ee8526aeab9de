"""The projects that a person's pages start with, and how addresses say them.

An address without any project is narrowed to them; `project=all` says that it is not. So
every address that pages write says either, as soon as anybody has such projects: what it
shows does not depend on who opens it.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import QueryDict

from dashboard.filters.state import Filters
from dashboard.models import DefaultScope, Team
from dashboard.models.saved_views import MOST_PROJECTS
from dashboard.readers import reader
from dashboard.request_cache import cached_in_request
from dashboard.unchanged import while_unchanged
from ingest.models import Project

# The value of `project` that narrows nothing.
ALL = "all"
EVERY_PROJECT = ("project", ALL)
# Of these each says of which projects the answer is.
_SAY_PROJECTS = ("project", "connection", "milestone", "case")


def somebody_starts_narrowed() -> bool:
    """Whether an address without any project means different things to different people."""
    return while_unchanged("default scopes", DefaultScope.objects.exists)


def default_scope() -> tuple[int, ...]:
    """Those of the reader's projects that are still theirs to see; () narrows nothing."""
    user = reader().user_id
    if user is None or not somebody_starts_narrowed():
        return ()
    return cached_in_request(f"default scope of {user}", lambda: _scope_of(user))


def _scope_of(user: int) -> tuple[int, ...]:
    scope = DefaultScope.objects.filter(user_id=user).first()
    if scope is None:
        return ()
    # Not by joins with Project, which would meet the tables and not what is seen.
    of_teams = Team.projects.through.objects.filter(team__members=user)
    chosen = DefaultScope.projects.through.objects.filter(defaultscope=scope)
    mine: QuerySet[Any] = of_teams if scope.is_of_teams else chosen
    ids = Project.objects.filter(pk__in=mine.values("project_id"), removed_at=None)
    return tuple(ids.order_by("pk").values_list("pk", flat=True)[:MOST_PROJECTS])


def without_all(query: QueryDict) -> tuple[QueryDict, bool]:
    """The query without `project=all`, and whether it says of which projects it is.

    A form sends it beside the projects that are chosen in it, which then count.
    """
    says = any(any(query.getlist(name)) for name in _SAY_PROJECTS)
    projects = query.getlist("project")
    if ALL in projects:
        query = query.copy()
        query.setlist("project", [value for value in projects if value != ALL])
    return query, says


def written_pairs(filters: Filters) -> list[tuple[str, str]]:
    """The parameters of an address of a page: it says, too, that it is of all projects."""
    pairs = filters.pairs()
    if not filters.project and somebody_starts_narrowed():
        pairs.insert(0, EVERY_PROJECT)
    return pairs


def written_query(filters: Filters) -> str:
    return urlencode(written_pairs(filters))


def start_pairs() -> list[tuple[str, str]]:
    """Where the reader's pages start, without anything else chosen."""
    return written_pairs(Filters(project=default_scope()))
