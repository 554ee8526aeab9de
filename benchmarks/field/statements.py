"""What somebody would write in SQL who had these tables and no program.

Each says the same as a metric, as far as the benchmarks' world goes: no configuration is
an alias there, and no run was removed or excluded. They take `since`, `until`, and
`before`, which is as long before `since`.
"""

from __future__ import annotations

# Status 1 passed; 2 and 3 did not.
_FINALS = """
      FROM ingest_result
     WHERE is_final AND removed_at IS NULL AND at >= %(since)s AND at < %(until)s
"""

TREND_OF_ROWS = f"""
    SELECT (at AT TIME ZONE 'UTC')::date, count(*) FILTER (WHERE status = 1),
           count(*) FILTER (WHERE status IN (2, 3))
    {_FINALS} GROUP BY 1
"""
TREND_OF_ROLL_UPS = """
    SELECT day, sum(passed), sum(failed + error) FROM ingest_runday
     WHERE day >= %(since)s::date AND day < %(until)s::date GROUP BY 1
"""
TREND_BY_PROJECT_OF_ROWS = f"""
    SELECT project_id, (at AT TIME ZONE 'UTC')::date,
           count(*) FILTER (WHERE status = 1), count(*) FILTER (WHERE status IN (2, 3))
    {_FINALS} GROUP BY 1, 2
"""
TREND_BY_PROJECT_OF_ROLL_UPS = """
    SELECT project_id, day, sum(passed), sum(failed + error) FROM ingest_runday
     WHERE day >= %(since)s::date AND day < %(until)s::date GROUP BY 1, 2
"""

SLOW = """
    SELECT case_id,
           floor(percentile_cont(0.5) WITHIN GROUP (ORDER BY duration_ms)
                 FILTER (WHERE at >= %(since)s) + 0.5),
           floor(percentile_cont(0.95) WITHIN GROUP (ORDER BY duration_ms)
                 FILTER (WHERE at >= %(since)s) + 0.5),
           floor(percentile_cont(0.5) WITHIN GROUP (ORDER BY duration_ms)
                 FILTER (WHERE at < %(since)s) + 0.5)
      FROM ingest_result
     WHERE is_final AND removed_at IS NULL AND status = 1
       AND at >= %(before)s AND at < %(until)s
     GROUP BY 1 HAVING count(duration_ms) FILTER (WHERE at >= %(since)s) > 0
"""

FAILURES = """
    SELECT signature, count(*), count(DISTINCT case_id), count(DISTINCT run_id),
           min(at), max(at)
      FROM ingest_result
      LEFT JOIN ingest_resulttext USING (project_id, partition_on, run_id, ordinal)
     WHERE is_final AND removed_at IS NULL AND status IN (2, 3)
       AND at >= %(since)s AND at < %(until)s
     GROUP BY 1
"""

FAILING = """
    SELECT DISTINCT case_id
      FROM (SELECT DISTINCT ON (case_id, configuration_id, branch) case_id, r.status
              FROM ingest_result r JOIN ingest_run run ON run.id = run_id
             WHERE is_final AND r.removed_at IS NULL AND r.status IN (1, 2, 3)
               AND r.at >= %(since)s AND r.at < %(until)s AND kind = 'automated'
             ORDER BY case_id, configuration_id, branch, r.at DESC,
                      external_id COLLATE "C" DESC) AS newest
     WHERE status IN (2, 3)
"""

# Events k in an exposure n, and whether the same code was seen to pass and to fail: see
# docs/metrics.md. A streak has as many good results before it, wherever it is looked at.
FLAKY = """
WITH finals AS (
    SELECT r.case_id, r.run_id, r.at, r.attempt, run.commit, run.external_id,
           coalesce(run.configuration_id, 0) AS configuration, run.branch,
           r.status IN (1, 2, 3) AS decided, r.status IN (2, 3) AS bad
      FROM ingest_result r JOIN ingest_run run ON run.id = r.run_id
     WHERE r.is_final AND r.removed_at IS NULL AND run.kind = 'automated'
       AND NOT run.is_outage AND r.at >= %(since)s AND r.at < %(until)s),
mixed AS (
    SELECT case_id, run_id, bool_or(a.is_marked_retry) AS marked
      FROM finals f JOIN ingest_result a USING (case_id, run_id)
     WHERE f.attempt > 1 AND a.removed_at IS NULL
     GROUP BY 1, 2
    HAVING bool_or(a.status = 1) AND bool_or(a.status IN (2, 3))),
placed AS (
    SELECT *, row_number() OVER one AS place, lead(run_id) OVER one IS NULL AS last,
           count(*) FILTER (WHERE NOT bad) OVER one AS good_before
      FROM finals WHERE decided
    WINDOW one AS (PARTITION BY case_id, configuration, branch
                   ORDER BY at, external_id COLLATE "C")),
streaks AS (
    SELECT s.case_id, configuration, branch, good_before,
           bool_or(last) OR (min(place) > 1 AND count(*) >= 3) AS is_breakage,
           NOT bool_or(last) AND min(place) > 1 AND count(*) < 3
               AND count(m.run_id) = 0 AS is_isolated
      FROM placed s LEFT JOIN mixed m USING (case_id, run_id)
     WHERE bad GROUP BY 1, 2, 3, 4),
judged AS (
    SELECT f.case_id, f.run_id, f.commit, f.configuration, f.decided, f.bad,
           m.run_id IS NOT NULL AS is_mixed, m.marked, p.last, p.place,
           coalesce(s.is_breakage, false) AS is_broken,
           coalesce(s.is_isolated, false) AS is_isolated
      FROM finals f
      LEFT JOIN mixed m USING (case_id, run_id)
      LEFT JOIN placed p USING (case_id, run_id)
      LEFT JOIN streaks s
             ON f.bad AND (s.case_id, s.configuration, s.branch, s.good_before)
                        = (f.case_id, f.configuration, f.branch, p.good_before)),
commits AS (
    SELECT case_id, commit, configuration, NOT bool_or(is_mixed OR is_isolated) AS is_event
      FROM judged WHERE commit <> '' GROUP BY 1, 2, 3
    HAVING bool_or(bad) AND bool_or(decided AND NOT bad)),
isolated AS (
    SELECT case_id, count(*) AS events FROM streaks WHERE is_isolated GROUP BY 1),
counted AS (
    SELECT j.case_id, count(*) FILTER (WHERE is_mixed) AS mixed,
           count(*) FILTER (WHERE is_mixed OR is_isolated
                               OR (decided AND (NOT is_broken OR c.is_event))) AS n,
           coalesce(bool_or(marked), false) AS marked
      FROM judged j LEFT JOIN commits c USING (case_id, commit, configuration)
     GROUP BY 1),
disagreeing AS (
    SELECT case_id, count(*) FILTER (WHERE is_event) AS events FROM commits GROUP BY 1)
SELECT case_id, mixed + coalesce(i.events, 0) + coalesce(d.events, 0) AS k, n,
       marked OR d.case_id IS NOT NULL AS proven
  FROM counted LEFT JOIN isolated i USING (case_id)
  LEFT JOIN disagreeing d USING (case_id)
 WHERE mixed > 0 OR i.events > 0 OR d.case_id IS NOT NULL
"""
