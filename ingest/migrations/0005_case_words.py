"""An index of the words of cases' names: the same test in several tools."""

from django.db import migrations

# Camel case and punctuation part words; only the beginning of a long name counts,
# because a text search vector holds no more than a megabyte.
CREATE = r"""
CREATE INDEX ingest_case_words ON ingest_case USING gin (
    to_tsvector('simple', regexp_replace(regexp_replace(left(name, 500),
        '([[:lower:]])([[:upper:]])', '\1 \2', 'g'), '[^[:alnum:]]+', ' ', 'g')))
"""


class Migration(migrations.Migration):
    dependencies = [("ingest", "0004_versions_and_signatures")]

    operations = [
        migrations.RunSQL(CREATE, "DROP INDEX ingest_case_words"),
    ]
