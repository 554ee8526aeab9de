"""Whoever could change things before there were roles still can."""

from django.db import migrations


def make_editors(apps, schema_editor):
    user = apps.get_model("auth", "User")
    profile = apps.get_model("dashboard", "Profile")
    without = user.objects.filter(profile=None, is_superuser=False)
    profile.objects.bulk_create(
        profile(user_id=pk, role="editor")
        for pk in without.values_list("pk", flat=True)
    )


class Migration(migrations.Migration):
    dependencies = [
        ("dashboard", "0016_people_and_teams"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [migrations.RunPython(make_editors, migrations.RunPython.noop)]
