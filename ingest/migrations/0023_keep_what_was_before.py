"""Triggers that keep what threads and cases said before; what is known of earlier times."""

from django.db import migrations, models

from ingest.recording import RecordingTime

THREAD = (
    "status, started_at, duration_ms, passed, failed, error, skipped, blocked, "
    "untested, running, unknown"
)
CASE = "gone_at, declared_at, is_listed"


def of(row: str, columns: str) -> str:
    return ", ".join(f"{row}.{name}" for name in columns.split(", "))


def keeping(table: str, column: str, columns: str) -> str:
    """Of a row that the same transaction made, nothing was to be seen before."""
    kept = ", ".join(f"'{name}', OLD.{name}" for name in columns.split(", "))
    return f"""
CREATE FUNCTION passline_keep_{column}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.recorded_at < passline_recording_time() THEN
        INSERT INTO public.{table}change ({column}_id, recorded_to, "values")
        VALUES (OLD.id, passline_recording_time(), jsonb_build_object({kept}));
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER passline_keep AFTER UPDATE OF {columns} ON {table} FOR EACH ROW
  WHEN (({of("OLD", columns)}) IS DISTINCT FROM ({of("NEW", columns)}))
  EXECUTE FUNCTION passline_keep_{column}()
"""


def keeping_no_more(table: str, column: str) -> str:
    return f"""
DROP TRIGGER passline_keep ON {table};
DROP FUNCTION passline_keep_{column}()
"""


# Since its first result; one of a month that was dropped by now came at its time or later.
CASES_SINCE = """
WITH oldest AS (
     SELECT min(to_date(right(relname, 8), '"y"YYYY"m"MM')) AS month
       FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
      WHERE inhparent = 'ingest_resulttext'::regclass)
UPDATE ingest_case c
   SET recorded_at = coalesce(
           least(found.first, CASE WHEN c.first_seen_at < oldest.month
                                   THEN c.first_seen_at END),
           c.declared_at, c.first_seen_at)
  FROM oldest CROSS JOIN ingest_case own
  LEFT JOIN (SELECT case_id, min(recorded_at) AS first FROM ingest_result
              GROUP BY case_id) found ON found.case_id = own.id
 WHERE c.id = own.id
"""
THREADS_SINCE = """
UPDATE ingest_thread t SET recorded_at = run.recorded_at
  FROM ingest_run run WHERE run.id = t.run_id
"""
MEMBERS_SINCE = """
UPDATE ingest_milestonemember m SET recorded_at = NULL
"""
CASES_OF_CHANGES = """
UPDATE ingest_resultchange c SET case_id = r.case_id
  FROM ingest_run run
  JOIN ingest_result r ON r.project_id = run.project_id
   AND r.partition_on = run.partition_on AND r.run_id = run.id
 WHERE run.id = c.run_id AND r.ordinal = c.ordinal
"""


def since_when(model: str) -> migrations.AlterField:
    field = models.DateTimeField(db_default=RecordingTime(), editable=False)
    return migrations.AlterField(model, "recorded_at", field)


class Migration(migrations.Migration):
    dependencies = [("ingest", "0022_what_was_before")]

    operations = [
        migrations.RunSQL(CASES_SINCE, migrations.RunSQL.noop, elidable=True),
        migrations.RunSQL(THREADS_SINCE, migrations.RunSQL.noop, elidable=True),
        migrations.RunSQL(MEMBERS_SINCE, migrations.RunSQL.noop, elidable=True),
        migrations.RunSQL(CASES_OF_CHANGES, migrations.RunSQL.noop, elidable=True),
        since_when("case"),
        since_when("thread"),
        migrations.RunSQL(
            keeping("ingest_thread", "thread", THREAD),
            keeping_no_more("ingest_thread", "thread"),
        ),
        migrations.RunSQL(
            keeping("ingest_case", "case", CASE),
            keeping_no_more("ingest_case", "case"),
        ),
    ]
