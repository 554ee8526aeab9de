"""Results need not say when they were recorded, where that was with their run."""

from django.db import migrations, models

# Rows that are there keep what they say. Forward nothing is written.
FILL = """
UPDATE ingest_result r SET recorded_at = run.recorded_at
  FROM ingest_run run WHERE run.id = r.run_id AND r.recorded_at IS NULL
"""


class Migration(migrations.Migration):
    dependencies = [("ingest", "0024_smaller_results")]

    operations = [
        # Undone in the opposite order: what is filled in is not null any more.
        migrations.AlterField("result", "recorded_at", models.DateTimeField(null=True)),
        migrations.RunSQL(migrations.RunSQL.noop, FILL),
    ]
