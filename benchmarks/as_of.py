"""Looks at the past at a million results, against the same of the present.

`python -m benchmarks.as_of FOLDER` on a database that `benchmarks.million` keeps there.
Every run is said to have been recorded two hours after it began, and each 20th to have
been put right a week later, a tenth of its results with it; the others of the last 30 days
to have come in 200 parts.
"""

from __future__ import annotations

import sys
import time
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.test import Client

SPREAD = """
UPDATE ingest_run SET recorded_at = at + interval '2 hours';
UPDATE ingest_result SET recorded_at = NULL WHERE recorded_at IS NOT NULL;
UPDATE ingest_runmilestone m SET recorded_at = run.recorded_at FROM ingest_run run
 WHERE run.id = m.run_id;
UPDATE ingest_case c SET recorded_at = f.first
  FROM (SELECT r.case_id, min(run.recorded_at) AS first
          FROM ingest_result r JOIN ingest_run run ON run.id = r.run_id GROUP BY 1) f
 WHERE f.case_id = c.id;
UPDATE ingest_milestonemember SET recorded_at = NULL;
UPDATE ingest_connection SET created_at = now() - interval '400 days';
UPDATE ingest_project SET created_at = now() - interval '400 days';
INSERT INTO ingest_runchange (run_id, recorded_from, recorded_to, "values")
SELECT id, recorded_at, recorded_at + interval '7 days',
       jsonb_build_object('passed', passed - 1, 'failed', failed + 1)
  FROM ingest_run WHERE id % 20 = 3;
INSERT INTO ingest_runchange (run_id, recorded_from, recorded_to, "values")
SELECT id, recorded_at + part * interval '1 second',
       recorded_at + (part + 1) * interval '1 second',
       jsonb_build_object('passed', passed * part / 200)
  FROM ingest_run, generate_series(0, 199) part
 WHERE id % 20 <> 3 AND recorded_at > now() - interval '30 days';
INSERT INTO ingest_resultchange
       (project_id, run_id, ordinal, case_id, recorded_from, recorded_to, at,
        duration_ms, removed_at, thread_id, status, attempt, is_final, is_marked_retry,
        has_own_time, raw_status)
SELECT r.project_id, r.run_id, r.ordinal, r.case_id, run.recorded_at,
       run.recorded_at + interval '7 days', r.at, r.duration_ms, r.removed_at,
       r.thread_id, 2, r.attempt, r.is_final, r.is_marked_retry, r.has_own_time, 'failed'
  FROM ingest_result r JOIN ingest_run run ON run.id = r.run_id
 WHERE r.run_id % 20 = 3 AND r.ordinal % 10 = 3
"""
DAYS_BACK = (1, 7, 30, 180)
TIMES = 3
PAGES = (
    "/ /runs/ /results/ /cases/ /flaky/ /failures/ /milestones/ /standup/ /search/?q=1"
)
OBJECTS = "/projects/{project}/ /runs/{run}/ /cases/{case}/ /milestones/{milestone}/"
CALLS = (
    "runs/ results/ results/?latest=1&window=30d cases/ cases/?sort=-last_seen_at "
    "milestones/ metrics/summary/ metrics/pass-rate/ metrics/flaky/ metrics/failing/ "
    "metrics/slow/ metrics/failures/ metrics/reconciliation/ metrics/standup/ "
    "runs/{run}/results/ cases/{case}/results/ milestones/{milestone}/progress/"
)


def measure() -> None:
    """Each address today, and as it was so many days ago, with an empty cache."""
    from django.contrib.auth.models import User
    from django.core.management import call_command
    from django.db import connection
    from django.test import Client
    from django.utils import timezone

    from benchmarks.table import show
    from dashboard.filters.state import moment_text
    from dashboard.precomputed.precompute import precompute
    from dashboard.precomputed.precompute_milestones import precompute_milestones
    from ingest.models import ResultChange

    call_command("collectstatic", interactive=False, verbosity=0)
    with connection.cursor() as cursor:
        if not ResultChange.objects.exists():
            cursor.execute(SPREAD)
        cursor.execute("VACUUM ANALYZE")
    precompute()
    precompute_milestones(longest_s=600)
    client, now = Client(HTTP_HOST="127.0.0.1"), timezone.now()
    client.force_login(User.objects.get_or_create(username="b", is_superuser=True)[0])
    moments = [moment_text(now - timedelta(days=days)) for days in DAYS_BACK]
    rows = []
    for path in addresses_before(now - timedelta(days=max(DAYS_BACK))):
        and_ = "&" if "?" in path else "?"
        asked = [path, *(f"{path}{and_}as_of={moment}" for moment in moments)]
        rows.append([path, *(f"{fastest_ms(client, one):,.0f}" for one in asked)])
        print(rows[-1], flush=True)
    ago = (f"{days} days ago" for days in DAYS_BACK)
    show(f"As of, ms, best of {TIMES}", ["address", "today", *ago], rows)


def addresses_before(before: datetime) -> list[str]:
    """Of objects that were there by then."""
    from ingest.models import Case, Milestone, Project, Run

    ids = {
        "run": Run.objects.filter(recorded_at__lt=before).latest("at").pk,
        "case": Case.objects.earliest("recorded_at").pk,
        "project": Project.objects.earliest("pk").pk,
        "milestone": Milestone.objects.filter(state="open").latest("pk").pk,
    }
    calls = (f"/api/v1/{call}" for call in CALLS.split())
    return [p.format(**ids) for p in (*PAGES.split(), *OBJECTS.split(), *calls)]


def fastest_ms(client: Client, path: str) -> float:
    from django.core.cache import cache

    found = []
    for _ in range(TIMES):
        cache.clear()
        begun = time.perf_counter()
        answer = client.get(path)
        found.append((time.perf_counter() - begun) * 1000)
        assert answer.status_code == 200, f"{path}: {answer.status_code}"
    return min(found)


if __name__ == "__main__":
    from benchmarks.ground import database_in

    with database_in(sys.argv[1]):
        measure()
