"""Where the changes of all that answers are made of are counted."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('dashboard', '0040_saved_views'),
    ]

    operations = [
        migrations.CreateModel(
            name='ChangeCount',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('changes', models.BigIntegerField()),
            ],
        ),
    ]
