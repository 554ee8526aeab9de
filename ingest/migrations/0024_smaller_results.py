"""Results of two thirds the size: indexes that say nothing twice, and words left out."""

from django.db import migrations, models

KEY = """
ALTER TABLE ingest_result DROP CONSTRAINT ingest_result_pkey;
ALTER TABLE ingest_result ADD PRIMARY KEY ({columns})
"""
HISTORY = """
DROP INDEX ingest_result_history;
CREATE INDEX ingest_result_history ON ingest_result ({columns})
"""
AT = """
DROP INDEX ingest_result_at;
CREATE INDEX ingest_result_at ON ingest_result {method}
"""
# A run is of one project and one day, a case of one project. Results come about in the
# order of their times, so that of each stretch of the table two times tell enough.
SMALL = [
    KEY.format(columns="run_id, ordinal, partition_on"),
    HISTORY.format(columns="case_id, at"),
    AT.format(method="USING brin (at) WITH (pages_per_range = 8)"),
]
LARGE = [
    KEY.format(columns="project_id, partition_on, run_id, ordinal"),
    HISTORY.format(columns="project_id, case_id, at) INCLUDE (run_id, is_final, removed_at"),
    AT.format(method="(at, run_id, ordinal)"),
]


class Migration(migrations.Migration):
    dependencies = [("ingest", "0023_keep_what_was_before")]

    operations = [
        migrations.RunSQL(SMALL, LARGE),
        migrations.AlterField("result", "raw_status", models.TextField(null=True)),
        migrations.AlterField("resultchange", "raw_status", models.TextField(null=True)),
    ]
