"""Whether a token is bound to projects, which its rows tell no more once they are gone."""

from django.db import migrations, models

# Of one whose projects are gone already the audit log knows that it had some.
BOUND = """
UPDATE dashboard_apitoken t SET is_bound = true
 WHERE EXISTS (SELECT 1 FROM dashboard_apitoken_projects p WHERE p.apitoken_id = t.id)
    OR EXISTS (SELECT 1 FROM dashboard_act a
                WHERE a.kind = 'token' AND a.about = t.id
                  AND jsonb_typeof(a.after -> 'projects') = 'array'
                  AND a.after -> 'projects' <> '[]')
"""


class Migration(migrations.Migration):

    dependencies = [
        ('dashboard', '0052_delivery_until'),
    ]

    operations = [
        migrations.AddField(
            model_name='apitoken',
            name='is_bound',
            field=models.BooleanField(default=False),
        ),
        migrations.RunSQL(BOUND, migrations.RunSQL.noop),
    ]
