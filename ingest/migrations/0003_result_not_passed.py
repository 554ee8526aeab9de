"""An index of the few results that did not pass: which cases may be failing."""

from django.db import migrations

CREATE = """
CREATE INDEX ingest_result_not_passed ON ingest_result (at, project_id, case_id)
 WHERE status IN (2, 3) AND is_final AND removed_at IS NULL
"""


class Migration(migrations.Migration):

    dependencies = [("ingest", "0002_result_partitions")]

    operations = [
        migrations.RunSQL(CREATE, "DROP INDEX ingest_result_not_passed"),
    ]
