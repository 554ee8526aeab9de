"""The tests that a filter of the reporter chooses, by what was last said of them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Q

from ingest.connectors.testomatio.names import id_in_key
from ingest.intake.errors import InvalidError
from ingest.models import Case, Project

# Labels and tickets are told with results; those of a test that has not run for so long
# are looked for no further.
SEEN_WITHIN = timedelta(days=30)


def tests_of(project: Project, kind: str, wanted: str, now: datetime) -> list[str]:
    """Patterns of the titles of tests that bear a tag, label or ticket: the id for a test
    that has one, else its title with a dot for each character that a pattern or a command
    line might take for something else. Raises InvalidError.
    """
    if not wanted.strip() or "\0" in wanted:
        raise InvalidError("id names no tag, label or ticket.")
    chosen = _told(project, _details_of(kind, wanted), now - SEEN_WITHIN)
    cases = Case.objects.filter(project=project, gone_at=None)
    found = list(cases.filter(pk__in=chosen))
    if kind == "tag":
        found += _with_sign(cases, wanted)
    return sorted({_pattern(case) for case in found} - {""})


def _details_of(kind: str, wanted: str) -> dict[str, Any]:
    """What stands in the details of a result of such a test."""
    if kind == "plan":
        raise InvalidError(
            "Passline keeps no plans of tests: filter by tag-name, label or jira-ticket."
        )
    if kind == "tag":
        return {"tags": [wanted.removeprefix("@")]}
    if kind in ("label", "jira"):
        return {"links": [{"name": wanted, "note": kind}]}
    raise InvalidError("type must be tag, label or jira.")


def _told(project: Project, details: dict[str, Any], since: datetime) -> list[int]:
    """The cases whose last result says so."""
    contained = json.dumps(details)
    months = since.date().replace(day=1)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH said AS (
                SELECT DISTINCT r.case_id
                  FROM ingest_resulttext t
                  JOIN ingest_result r USING (project_id, partition_on, run_id, ordinal)
                 WHERE t.project_id = %(project)s AND t.partition_on >= %(months)s
                   AND t.details @> %(details)s::jsonb AND r.removed_at IS NULL
                   AND r.at >= %(since)s
            ), last AS (
                SELECT DISTINCT ON (r.case_id) r.case_id, t.details
                  FROM ingest_result r
                  LEFT JOIN ingest_resulttext t
                       USING (project_id, partition_on, run_id, ordinal)
                 WHERE r.project_id = %(project)s AND r.partition_on >= %(months)s
                   AND r.removed_at IS NULL
                   AND r.case_id IN (SELECT case_id FROM said)
                 ORDER BY r.case_id, r.at DESC, r.run_id DESC, r.ordinal DESC
            )
            SELECT case_id FROM last WHERE details @> %(details)s::jsonb
            """,
            {
                "project": project.pk,
                "months": months,
                "since": since,
                "details": contained,
            },
        )
        return [case for (case,) in cursor.fetchall()]


def _with_sign(cases: Any, tag: str) -> Iterable[Case]:
    """Those in whose title, or in a suite's, the tag stands as a word: "@smoke"."""
    sign = f"@{tag.removeprefix('@')}"
    named = cases.filter(Q(name__contains=sign) | Q(folder__contains=sign))
    return [case for case in named if sign in f"{case.folder} {case.name}".split()]


def _pattern(case: Case) -> str:
    if test_id := id_in_key(case.key, case.folder, case.name):
        return f"T{test_id}"
    return re.sub(r"[^0-9A-Za-z@_-]", ".", case.name)
