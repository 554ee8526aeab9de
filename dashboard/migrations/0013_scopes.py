"""What a token may do and where, in place of whether it may write."""

import django.contrib.postgres.fields
from django.db import migrations, models

GIVEN = """
UPDATE dashboard_apitoken
   SET scopes = CASE WHEN can_write THEN ARRAY['intake', 'read', 'start']
                     ELSE ARRAY['read'] END
"""
TAKEN = "UPDATE dashboard_apitoken SET can_write = 'start' = ANY (scopes)"


class Migration(migrations.Migration):

    dependencies = [
        ('dashboard', '0012_exclusion_from_every_number'),
        ('ingest', '0013_pushed'),
    ]

    operations = [
        migrations.AddField(
            model_name='apitoken',
            name='scopes',
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=10), default=list, size=None
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='apitoken',
            name='projects',
            field=models.ManyToManyField(blank=True, to='ingest.project'),
        ),
        migrations.RunSQL(GIVEN, TAKEN),
        migrations.RemoveField(model_name='apitoken', name='can_write'),
    ]
