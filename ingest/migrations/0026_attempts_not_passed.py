"""The index of what did not pass has every attempt: lists are put in order by it."""

from django.db import migrations

# Readers wait only once it is there: to drop the other one first would lock them out.
INDEX = """
CREATE INDEX ingest_result_not_passed_new ON ingest_result (at, project_id, case_id)
 WHERE status IN (2, 3) AND {which};
DROP INDEX ingest_result_not_passed;
ALTER INDEX ingest_result_not_passed_new RENAME TO ingest_result_not_passed
"""


class Migration(migrations.Migration):
    dependencies = [("ingest", "0025_recorded_with_the_run")]

    operations = [
        migrations.RunSQL(
            INDEX.format(which="removed_at IS NULL"),
            INDEX.format(which="is_final AND removed_at IS NULL"),
        ),
    ]
