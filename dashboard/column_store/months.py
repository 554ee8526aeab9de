"""The results of each project and month as they are now: from this process, from a file
that a process on this machine wrote, or from the table.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Mapping, Set
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path

from django.conf import settings
from django.db import connection

from dashboard.column_store.columns import MonthColumns, ResultColumns
from dashboard.column_store.files import let_go, read_columns, write_columns
from dashboard.column_store.renewing import STAMP, read_anew, renewed
from dashboard.filters import Window
from dashboard.request_cache import cached_in_request

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Month:
    """What is filed in a month: `stamp` tells one state of it from another, its final
    results lie in [first_at, last_at].
    """

    stamp: str
    first_at: datetime | None
    last_at: datetime | None

    def touches(self, window: Window | None) -> bool:
        if window is None:
            return True
        if self.first_at is None or self.last_at is None:
            return False
        return self.first_at < window.until and window.since <= self.last_at


@dataclass(frozen=True, slots=True, kw_only=True)
class _Project:
    """The months of a project in a version of it, what was read of them, and what they
    were `before` where that is another.
    """

    version: str
    months: dict[date, _Month]
    columns: dict[date, MonthColumns] = field(default_factory=dict)
    before: dict[date, MonthColumns] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class _State:
    """`months` are those whose rows there are, `versions` of the projects that there are."""

    database: str
    is_private: bool
    months: frozenset[date]
    versions: dict[int, str]


_known: dict[tuple[str, int], _Project] = {}

# Whoever has written something in this transaction may see what nobody else does. A month
# that was dropped is told by no version: its runs and their days stay.
_VERSIONS = """
SELECT (SELECT concat(oid, '-', 'public.dashboard_changecount'::regclass::oid)
          FROM pg_database WHERE datname = current_database()),
       pg_current_xact_id_if_assigned() IS NOT NULL,
       (SELECT array_agg(to_date(right(relname, 8), '"y"YYYY"m"MM'))
          FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
         WHERE inhparent = 'public.ingest_resulttext'::regclass),
       array_agg(id), array_agg(concat(version, ' ', xmin))
  FROM public.ingest_project WHERE id = ANY(%s)
"""
_MONTHS = f"""
SELECT run.project_id, date_trunc('month', run.partition_on)::date,
       md5(string_agg(concat(run.id, ' ', {STAMP}), ',' ORDER BY run.id, day.id)),
       min(day.first_at), max(day.last_at)
  FROM public.ingest_run run LEFT JOIN public.ingest_runday day ON day.run_id = run.id
 WHERE run.project_id = ANY(%s) GROUP BY 1, 2
"""


def results_touching(
    projects: Collection[int], window: Window | None
) -> Iterator[tuple[int, ResultColumns]]:
    """Each of the projects with results, by case and then by time: with all of those whose
    final one is in the window, and others, a month after another; without a window all.
    """
    for project, now, folder in _as_they_are(projects):
        wanted = {month for month, one in now.months.items() if one.touches(window)}
        for results in _results(project, now, wanted, folder).values():
            yield project, results


def results_in(
    months: Mapping[int, Collection[date]],
) -> dict[tuple[int, date], ResultColumns]:
    """Those filed in these months of projects, each month's by case and then by time; by
    project and month.
    """
    return {
        (project, month): results
        for project, now, folder in _as_they_are(months)
        for month, results in _results(
            project, now, now.months.keys() & months[project], folder
        ).items()
    }


def _as_they_are(
    projects: Collection[int],
) -> Iterator[tuple[int, _Project, Path | None]]:
    """Each with the folder of its files, if it may have any."""
    if not projects:
        return
    state = _state_in_request(projects)
    known = {} if state.is_private else _unchanged(state)
    months = _months(state.versions.keys() - known.keys())
    for project, version in sorted(state.versions.items()):
        now = known.get(project) or _Project(version=version, months=months[project])
        folder = None
        if not state.is_private:
            folder = _folder(state) / str(project)
            _keep_known(state.database, project, now)
        there = {m: one for m, one in now.months.items() if m in state.months}
        yield project, replace(now, months=there), folder


def remove_gone(projects: Collection[int]) -> None:
    """The files of months that were dropped, and of all but these projects."""
    state = _state(projects)
    names = {f"{month:%Y-%m}" for month in state.months}
    for file in _folder(state).glob("*/[0-9]*"):
        if file.name[:7] not in names or int(file.parent.name) not in state.versions:
            file.unlink(missing_ok=True)


def _folder(state: _State) -> Path:
    return settings.DATA_DIR / "columns" / state.database


def let_all_go() -> None:
    """Until they are looked at again, columns of files take no memory of this process."""
    for project in list(_known.values()):
        for month in [*project.columns.values(), *project.before.values()]:
            let_go(month.results)


def _state_in_request(projects: Collection[int]) -> _State:
    """Asked once for one answer, unless its transaction may hold what nobody else sees."""
    if connection.in_atomic_block:
        return _state(projects)
    name = f"columns of {sorted(projects)}"
    return cached_in_request(name, lambda: _state(projects))


def _state(projects: Collection[int]) -> _State:
    with connection.cursor() as cursor:
        cursor.execute(_VERSIONS, [list(projects)])
        database, is_private, months, ids, versions = cursor.fetchone()
    return _State(
        database=database,
        is_private=is_private,
        months=frozenset(months or ()),
        versions=dict(zip(ids or (), versions or (), strict=True)),
    )


def _unchanged(state: _State) -> dict[int, _Project]:
    found = {
        project: _known.get((state.database, project)) for project in state.versions
    }
    return {
        project: before
        for project, before in found.items()
        if before and before.version == state.versions[project]
    }


def _keep_known(database: str, project: int, now: _Project) -> None:
    """With the months that are as they were when they were read."""
    before = _known.get((database, project))
    if before is now:
        return
    # As lists: another thread may read one more month meanwhile.
    for month, columns in [*before.columns.items()] if before else ():
        if before and before.months[month] == now.months.get(month):
            now.columns.setdefault(month, columns)
    for month, columns in _all_columns(before):
        if month not in now.columns:
            now.before[month] = columns
    _known[database, project] = now


def _all_columns(known: _Project | None) -> list[tuple[date, MonthColumns]]:
    """Those that are no more first."""
    return [*known.before.items(), *known.columns.items()] if known else []


def _months(projects: Collection[int]) -> dict[int, dict[date, _Month]]:
    """Of each project."""
    found: dict[int, dict[date, _Month]] = {project: {} for project in projects}
    if not projects:
        return found
    with connection.cursor() as cursor:
        cursor.execute(_MONTHS, [list(projects)])
        for project, month, stamp, first_at, last_at in cursor.fetchall():
            found[project][month] = _Month(
                stamp=stamp, first_at=first_at, last_at=last_at
            )
    return found


def _results(
    project: int, now: _Project, wanted: Set[date], folder: Path | None
) -> dict[date, ResultColumns]:
    """In the order of the months; without a `folder` they are read for this once."""
    if folder:
        _renew(project, now, wanted, folder)
    else:
        now.columns.update(read_anew(project, wanted - now.columns.keys()))
    return {month: now.columns[month].results for month in sorted(wanted)}


def _renew(project: int, now: _Project, wanted: Set[date], folder: Path) -> None:
    before = dict(now.before)
    for month in wanted - now.columns.keys():
        _look_for_files(folder, month, now, before)
    missing = wanted - now.columns.keys()
    for month, columns in renewed(project, missing, before).items() if missing else ():
        file = _file(folder, month, now.months[month])
        _keep(file, columns)
        # Of a file the memory holds what is looked at, and can forget it.
        now.columns[month] = read_columns(file) or columns
        now.before.pop(month, None)


def _look_for_files(
    folder: Path, month: date, now: _Project, before: dict[date, MonthColumns]
) -> None:
    """A month as it is, or else as it was when somebody wrote it."""
    exact = _file(folder, month, now.months[month])
    if (columns := read_columns(exact)) is not None:
        now.columns[month] = columns
        return
    for file in folder.glob(f"{month:%Y-%m}-*"):
        if month not in before and (columns := read_columns(file)) is not None:
            before[month] = columns


def _file(folder: Path, month: date, now: _Month) -> Path:
    return folder / f"{month:%Y-%m}-{now.stamp}"


def _keep(file: Path, columns: MonthColumns) -> None:
    """In place of what the month was before. Without a disk it is read again."""
    try:
        write_columns(file, columns)
        for other in file.parent.glob(f"{file.name[:8]}*"):
            if other != file:
                other.unlink(missing_ok=True)
    except OSError as error:
        logger.warning("a month of results is not kept in a file: %s", error)
