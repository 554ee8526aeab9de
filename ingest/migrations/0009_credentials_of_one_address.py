# Stored credentials are bound to the server that they were entered for: the one that the
# connection names when this runs. What no key decrypts stays as it is, and is refused.

from django.core.exceptions import ImproperlyConfigured
from django.db import migrations

from ingest.credentials import decrypted, sealed
from ingest.origins import origin_of


def bind(apps, schema_editor):
    connections = apps.get_model("ingest", "Connection").objects
    for connection in connections.exclude(credentials=""):
        try:
            secrets = decrypted(connection.credentials)
        except ImproperlyConfigured:
            continue
        origin = origin_of(connection.base_url)
        connections.filter(pk=connection.pk).update(
            credentials=sealed(secrets, origin=origin)
        )


class Migration(migrations.Migration):

    dependencies = [
        ('ingest', '0008_newest_first'),
    ]

    operations = [
        migrations.RunPython(bind, migrations.RunPython.noop, elidable=True),
    ]
