"""How runs stand against the ones before them, kept while their projects stay the same."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import connection

from dashboard.filters import Filters
from dashboard.metrics.run_before import RunBefore, bases_of, compared
from dashboard.precomputed.cached import cached_each
from dashboard.precomputed.versions import made_by
from dashboard.unchanged import while_unchanged

KEPT_S = 3600


def runs_before(project_of: Mapping[int, int]) -> dict[int, RunBefore]:
    """Of the runs that can be compared, by id, as `dashboard.metrics.run_before` has them;
    each is asked for with its project.
    """
    bases = bases_of(project_of)
    if not bases:
        return {}
    versions = while_unchanged("versions of projects", _versions)
    program = made_by(RunBefore)
    return cached_each(
        "run-before",
        RunBefore,
        Filters(),
        {
            run: f"{base} {versions.get(project_of[run])} {program}"
            for run, base in bases.items()
        },
        lambda new: compared({run: bases[run] for run in new}),
        KEPT_S,
    )


def _versions() -> dict[int, str]:
    """By project, with the transaction that wrote it: a copy may come to the same number."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, concat_ws(' ', version, xmin) FROM ingest_project project"
        )
        return dict(cursor.fetchall())
