"""Precomputed figures of the usual windows, where they are what would be computed now."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from hashlib import sha256
from typing import Any, Generic, TypeVar

from django.db import connection

from dashboard.filters import DEFAULT_WINDOW_DAYS, Filters, selected_projects
from dashboard.last_used import LastUsed
from dashboard.metrics.histories import ReadHistories, histories
from dashboard.precomputed.figure_cache import FigureCache, Place
from dashboard.precomputed.serialize import deserialize
from dashboard.precomputed.versions import HOLDS, made_by
from dashboard.reading.scope import scope_key
from dashboard.request_cache import cached_in_request

T = TypeVar("T")

STANDARD_DAYS = (7, 14, 30, 90)
_FIGURE_CACHE = FigureCache()
# A window may end this much beside the asked one although a result lies in between.
TOLERANCE = timedelta(seconds=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure(Generic[T]):
    """A figure that is kept for each project over the standard windows.

    `compute` makes it for any filters, from the rows or, where it goes by histories of
    cases, from those that it is given to read; `join` makes one of several projects'
    from each of theirs. `kind` is its type. `edges` are the moments before the window's
    end, besides its beginning and the beginning of the one before, at which a result
    makes a difference by growing older. Where nothing is said of the window before,
    `looks_back` is false.

    It is kept for windows of `days`. It may be asked for as much as `tolerance` beside
    its moment although a result passed an edge; without any it is kept for the moments
    at which minutes begin.
    """

    name: str
    kind: Any
    compute: Callable[[Filters, ReadHistories], T]
    join: Callable[[Sequence[T]], T]
    edges: tuple[timedelta, ...] = ()
    looks_back: bool = True
    days: tuple[int, ...] = STANDARD_DAYS
    tolerance: timedelta = TOLERANCE

    @property
    def key(self) -> str:
        """The name under which it is kept; another program's figures have another."""
        program = sha256(made_by(self.kind).encode()).hexdigest()[:8]
        return f"{self.name} {program}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part(Generic[T]):
    """What is asked of a figure that has more: `take` gives it from what is kept, and
    `compute` makes it alone, which costs less than the whole.
    """

    of: Figure[Any]
    take: Callable[[Any], T]
    compute: Callable[[Filters, ReadHistories], T]
    join: Callable[[Sequence[T]], T]


def precomputed(figure_or_part: Figure[T] | Part[T], filters: Filters) -> T:
    """The figure or its part, from what is kept as far as that holds, else computed.

    What is kept of a project holds while its version is the same, the UTC day too, and
    either no result passed an edge of the windows since or that was no longer ago than
    the figure's tolerance.
    """
    figure = figure_or_part.of if isinstance(figure_or_part, Part) else figure_or_part
    days = standard_days(filters)
    if days not in figure.days:
        return figure_or_part.compute(filters, histories)
    held, missing = _held(figure, filters, days)
    if not held:
        return figure_or_part.compute(filters, histories)
    if not missing:
        return _JOINS.joined(figure_or_part, held)
    rest = replace(filters, project=missing, connection=(), tool=())
    return figure_or_part.join(
        [*_taken(figure_or_part, held), figure_or_part.compute(rest, histories)]
    )


def _taken(figure_or_part: Figure[T] | Part[T], held: Sequence[Any]) -> list[T]:
    if isinstance(figure_or_part, Part):
        return [figure_or_part.take(one) for one in held]
    return [*held]


class _Joins:
    """What was joined last, as long as it would be of the same values again: they are the
    same objects while the process remembers them. Nobody may change a joined one either.
    """

    MOST = 24

    def __init__(self) -> None:
        self._known = LastUsed[tuple[int, ...], tuple[Any, ...]](self.MOST)

    def joined(self, figure_or_part: Figure[T] | Part[T], held: Sequence[Any]) -> T:
        # Ids of what is referred to here, so that no other object can have them.
        place = (id(figure_or_part), *map(id, held))
        if entry := self._known.get(place):
            known: T = entry[-1]
            return known
        value = figure_or_part.join(_taken(figure_or_part, held))
        self._known.put(place, (figure_or_part, held, value))
        return value


_JOINS = _Joins()


def standard_days(filters: Filters) -> int | None:
    """The days of the window of filters that choose projects only; None for others, and
    for those of the past, of which nothing is kept.
    """
    if filters.as_of is not None:
        return None
    days = filters.window_days or DEFAULT_WINDOW_DAYS
    if filters.since or filters.until or days not in STANDARD_DAYS:
        return None
    chosen = replace(filters, project=(), connection=(), tool=(), sort="")
    plain = Filters(
        window_days=filters.window_days,
        default_branch=filters.default_branch,
        default_branches=filters.default_branches,
    )
    return days if chosen == plain else None


# A value that this process has read before stays where it is: PostgreSQL would write it
# out, and Python read it, on each page anew.
_HELD = f"""
SELECT id, branch, mark, CASE WHEN mark = ANY(%(known)s) THEN NULL ELSE value END
  FROM (SELECT project.id, kept.branch, kept.value,
               concat_ws(' ', kept.id, kept.xmin, kept.ends_at) AS mark
  FROM ingest_project project
  LEFT JOIN dashboard_standardfigure kept
    ON kept.name = %(name)s AND kept.days = %(days)s AND {HOLDS}
"""


def edges_of(figure: Figure[Any], days: int) -> list[timedelta]:
    """Moments before the end of a window at which a result makes a difference."""
    length = timedelta(days=days)
    own = [edge + back for edge in figure.edges for back in (timedelta(), length)]
    before = [2 * length] if figure.looks_back else []
    return [timedelta(), length, *before, *own]


def _held(
    figure: Figure[T], filters: Filters, days: int
) -> tuple[list[T], tuple[int, ...]]:
    """The kept values that hold, and the projects without one."""
    database = str(connection.settings_dict["NAME"])
    known: dict[str, T] = _FIGURE_CACHE.known(database, figure.key, days)
    values: dict[str, Any] = {
        "name": figure.key,
        "days": days,
        "now": filters.now,
        "tolerance": figure.tolerance.total_seconds(),
        "edges": edges_of(figure, days),
        "known": list(known),
    }
    chosen = _HELD
    if filters.project or filters.connection or filters.tool:
        values["projects"] = _chosen_projects(filters)
        chosen += " WHERE project.id = ANY(%(projects)s)"
    branches = dict(filters.branches_in_force)
    held: list[T] = []
    missing: list[int] = []
    with connection.cursor() as cursor:
        cursor.execute(f"{chosen}) AS held ORDER BY id", values)
        rows = cursor.fetchall()
    for project, branch, mark, text in rows:
        if branch is None or branch != branches.get(project, ""):
            missing.append(project)
            continue
        place = Place(database, figure.key, days, project, branch)
        if text is None:
            _FIGURE_CACHE.used(place)
            held.append(known[mark])
        else:
            held.append(_read(figure, place, mark, text))
    return held, tuple(missing)


def _chosen_projects(filters: Filters) -> list[int]:
    """Asked for first: the planner would look at the edges of all projects for a subquery."""
    chosen = (filters.project, filters.connection, filters.tool)
    return cached_in_request(
        f"chosen projects {chosen} {scope_key()}",
        lambda: list(selected_projects(filters).values_list("pk", flat=True)),
    )


def _read(figure: Figure[T], place: Place, mark: str, text: str) -> T:
    value: T = deserialize(figure.kind, json.loads(text))
    _FIGURE_CACHE.put(place, mark, value, len(text))
    return value
