"""An index of the signatures of failures: since when a message has been known."""

from django.db import migrations

CREATE = """
CREATE INDEX ingest_resulttext_signature ON ingest_resulttext (signature)
 WHERE signature IS NOT NULL
"""


class Migration(migrations.Migration):

    dependencies = [("ingest", "0005_case_words")]

    operations = [
        migrations.RunSQL(CREATE, "DROP INDEX ingest_resulttext_signature"),
    ]
