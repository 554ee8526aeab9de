"""An index of the few final results that are repeats: which cases may have flaked."""

from django.db import migrations

CREATE = """
CREATE INDEX ingest_result_repeated ON ingest_result (at, project_id, case_id)
 WHERE attempt > 1 AND is_final AND removed_at IS NULL
"""


class Migration(migrations.Migration):

    dependencies = [("ingest", "0006_result_signature")]

    operations = [
        migrations.RunSQL(CREATE, "DROP INDEX ingest_result_repeated"),
    ]
