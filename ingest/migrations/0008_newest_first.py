"""Indexes for the newest of something: a branch's runs, and a case's results.

What tells whether a result counts stands in the index of histories beside its key, so
that a case's results are counted without reading them.
"""

from django.db import migrations, models

DROP = "DROP INDEX ingest_result_history"
BARE = "CREATE INDEX ingest_result_history ON ingest_result (project_id, case_id, at)"
TELLING = f"{BARE} INCLUDE (run_id, is_final, removed_at)"


class Migration(migrations.Migration):
    dependencies = [("ingest", "0007_result_repeated")]

    operations = [
        migrations.RunSQL([DROP, TELLING], [DROP, BARE]),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                condition=models.Q(removed_at__isnull=True),
                fields=["project", "branch", "finished_at"],
                name="run_branch_finished",
            ),
        ),
    ]
