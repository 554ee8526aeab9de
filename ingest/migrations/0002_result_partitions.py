"""Results and their texts, partitioned by month; see ingest/partitions.py."""

import django.db.models.deletion
from django.db import migrations, models

# Columns in order of size: fewer bytes are lost to alignment. No foreign key has a
# constraint: its check for each row would cost more than storing it.
CREATE_RESULT = """
CREATE TABLE ingest_result (
    run_id bigint NOT NULL,
    case_id bigint NOT NULL,
    at timestamptz NOT NULL,
    duration_ms bigint,
    recorded_at timestamptz NOT NULL,
    removed_at timestamptz,
    thread_id bigint,
    project_id integer NOT NULL,
    partition_on date NOT NULL,
    ordinal integer NOT NULL,
    attempt integer NOT NULL,
    status smallint NOT NULL,
    is_final boolean NOT NULL,
    is_marked_retry boolean NOT NULL,
    has_own_time boolean NOT NULL,
    raw_status text NOT NULL,
    PRIMARY KEY (project_id, partition_on, run_id, ordinal)
) PARTITION BY RANGE (partition_on);
CREATE INDEX ingest_result_history ON ingest_result (project_id, case_id, at);
CREATE INDEX ingest_result_at ON ingest_result (at, run_id, ordinal);
"""

CREATE_TEXT = """
CREATE TABLE ingest_resulttext (
    run_id bigint NOT NULL,
    project_id integer NOT NULL,
    partition_on date NOT NULL,
    ordinal integer NOT NULL,
    message text NOT NULL,
    vendor_url text NOT NULL,
    PRIMARY KEY (project_id, partition_on, run_id, ordinal)
) PARTITION BY RANGE (partition_on);
"""


class Migration(migrations.Migration):

    dependencies = [("ingest", "0001_initial")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(CREATE_RESULT, "DROP TABLE ingest_result"),
                migrations.RunSQL(CREATE_TEXT, "DROP TABLE ingest_resulttext"),
            ],
            state_operations=[
            migrations.CreateModel(
                name='Result',
                fields=[
                    ('pk', models.CompositePrimaryKey('project_id', 'partition_on', 'run_id', 'ordinal', blank=True, editable=False, primary_key=True, serialize=False)),
                    ('partition_on', models.DateField()),
                    ('at', models.DateTimeField()),
                    ('duration_ms', models.BigIntegerField(null=True)),
                    ('recorded_at', models.DateTimeField()),
                    ('removed_at', models.DateTimeField(null=True)),
                    ('ordinal', models.IntegerField()),
                    ('status', models.SmallIntegerField()),
                    ('attempt', models.IntegerField()),
                    ('is_final', models.BooleanField()),
                    ('is_marked_retry', models.BooleanField()),
                    ('has_own_time', models.BooleanField()),
                    ('raw_status', models.TextField()),
                    ('case', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='results', to='ingest.case')),
                    ('project', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, to='ingest.project')),
                    ('run', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='results', to='ingest.run')),
                    ('thread', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, to='ingest.thread')),
                ],
                options={
                    'db_table': 'ingest_result',
                },
            ),
            migrations.CreateModel(
                name='ResultText',
                fields=[
                    ('pk', models.CompositePrimaryKey('project_id', 'partition_on', 'run_id', 'ordinal', blank=True, editable=False, primary_key=True, serialize=False)),
                    ('partition_on', models.DateField()),
                    ('ordinal', models.IntegerField()),
                    ('message', models.TextField(blank=True)),
                    ('vendor_url', models.TextField(blank=True)),
                    ('project', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, to='ingest.project')),
                    ('run', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, to='ingest.run')),
                ],
                options={
                    'db_table': 'ingest_resulttext',
                },
            ),
            ],
        ),
    ]
