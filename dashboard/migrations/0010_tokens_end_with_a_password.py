# Tokens that exist go on with the password that their user has when this runs.

from django.db import migrations, models

STAMP = """
UPDATE dashboard_apitoken t
SET password_stamp = encode(sha256(convert_to(E'password\\n' || u.password, 'UTF8')), 'hex')
FROM auth_user u WHERE u.id = t.user_id
"""


class Migration(migrations.Migration):

    dependencies = [
        ('dashboard', '0009_guess_counts'),
        ('auth', '0012_alter_user_first_name_max_length'),
    ]

    operations = [
        migrations.AddField(
            model_name='apitoken',
            name='password_stamp',
            field=models.CharField(default='', editable=False, max_length=64),
            preserve_default=False,
        ),
        migrations.RunSQL(STAMP, migrations.RunSQL.noop),
    ]
