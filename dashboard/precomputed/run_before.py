"""How runs stand against the ones before them, kept while both say what they said."""

from __future__ import annotations

from collections.abc import Collection

from django.db import connection

from dashboard.column_store.renewing import STAMP
from dashboard.filters import Filters
from dashboard.metrics.run_before import RunBefore, bases_of, compared
from dashboard.precomputed.cached import cached_each
from dashboard.precomputed.versions import made_by
from dashboard.reading.scope import past

KEPT_S = 3600
# Of few runs this takes a millisecond. A project's version rises with each build that pushes into it. The days of an
# open run may be some seconds older than its results, of which its attempts are counted at once.
_STAMPS = f"""
SELECT run.id, concat_ws(' ', pg_postmaster_start_time(), 'public.ingest_run'::regclass::oid, run.detail,
                         run.attempts_passed, run.attempts_not_passed, run.attempts_other,
                         string_agg({STAMP}, ',' ORDER BY day.id))
  FROM public.ingest_run run LEFT JOIN public.ingest_runday day ON day.run_id = run.id
 WHERE run.id = ANY(%s) GROUP BY run.id
"""


def runs_before(runs: Collection[int]) -> dict[int, RunBefore]:
    """Of the runs that can be compared, by id, as `dashboard.metrics.run_before` has
    them.
    """
    bases = bases_of(runs)
    if past() is not None:
        # There no row tells when it was written, and few look at the same moment.
        return compared(bases)
    if not bases:
        return {}
    stamps = _stamps({*bases, *bases.values()})
    program = made_by(RunBefore)
    return cached_each(
        "run-before",
        RunBefore,
        Filters(),
        {
            run: f"{base} {stamps.get(run)} {stamps.get(base)} {program}"
            for run, base in bases.items()
        },
        lambda new: compared({run: bases[run] for run in new}),
        KEPT_S,
    )


def _stamps(runs: Collection[int]) -> dict[int, str]:
    """What is another text once a result of a run is another one."""
    with connection.cursor() as cursor:
        cursor.execute(_STAMPS, [list(runs)])
        return dict(cursor.fetchall())
