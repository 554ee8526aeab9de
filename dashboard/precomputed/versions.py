"""The one rule of when what was computed before still holds.

It holds while the program is the same (`made_by`), the projects that it is of have the
versions that they had, and it is the same UTC day. What goes by a window that ends now
also says which results grow too old for it, or ends with the minute; what goes by the
rows of milestones looks at those when a version has risen.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings

from dashboard.precomputed.serialize import schema_hash

# To be raised with every change of what a kept figure means.
FORMAT = 7


def made_by(kind: Any) -> str:
    """The program that computes values of a type; another may mean something else by
    them, or give them other fields.
    """
    return f"{settings.VERSION} {FORMAT} {schema_hash(kind)}"


# Of all rows of `project`, for a cache that may outlive them. Every change of a run, of its results and of what people
# decide raises the version of a project, only names do not: those that filters offer are looked at here, others may be
# as old as the cache lets a figure be. What a sync notes of itself in the row does not count. A database that was put
# back from a copy counts on from where it was then, but its table is another one, or its server was started anew.
PROJECT_VERSIONS = """
concat_ws(' ', 'public.ingest_project'::regclass::oid, pg_postmaster_start_time(),
          count(project.id), sum(project.version),
          sum(hashtextextended(concat_ws(' ', project.id, project.version,
              project.created_at, project.removed_at, project.name), 0)),
          (SELECT sum(hashtextextended(concat(id, ' ', name), 0)) FROM ingest_source),
          (SELECT sum(hashtextextended(concat(id, ' ', name, ' ', alias_of_id), 0)) FROM ingest_configuration))
"""

# Results of a run between an edge as it was and as it is now, as far as the days of
# runs tell: they are few, and the index of results would be read from end to end.
_PASSED_AN_EDGE = """
EXISTS (SELECT 1
          FROM unnest(%(edges)s::interval[]) AS edge,
       LATERAL (SELECT least(kept.ends_at, %(now)s) - edge AS since,
                       greatest(kept.ends_at, %(now)s) - edge AS until) AS moved
          JOIN ingest_runday days
            ON days.day BETWEEN (moved.since AT TIME ZONE 'UTC')::date
                            AND (moved.until AT TIME ZONE 'UTC')::date
           AND days.first_at < moved.until AND days.last_at >= moved.since
         WHERE days.project_id = kept.project_id)
"""
# Of a row `kept` of a `project`: its window may have moved by `tolerance` (seconds), or
# as far as no result passed one of its edges.
HOLDS = f"""
    kept.project_id = project.id AND kept.version = project.version
AND (kept.ends_at AT TIME ZONE 'UTC')::date = (%(now)s AT TIME ZONE 'UTC')::date
AND (abs(extract(epoch FROM kept.ends_at - %(now)s)) <= %(tolerance)s
     OR NOT {_PASSED_AN_EDGE})
"""
