"""The index of what did not pass has every attempt: lists are put in order by it."""

from django.db import migrations

INDEX = """
DROP INDEX ingest_result_not_passed;
CREATE INDEX ingest_result_not_passed ON ingest_result (at, project_id, case_id)
 WHERE status IN (2, 3) AND {which}
"""


class Migration(migrations.Migration):
    dependencies = [("ingest", "0025_recorded_with_the_run")]

    operations = [
        migrations.RunSQL(
            INDEX.format(which="removed_at IS NULL"),
            INDEX.format(which="is_final AND removed_at IS NULL"),
        ),
    ]
