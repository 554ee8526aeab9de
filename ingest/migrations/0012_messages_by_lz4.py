"""Long messages are compressed by LZ4 where the server can; pages of results read them."""

from django.db import migrations

# Parent and months each: months made later are like the parent. What is stored already
# stays as it is and is read as before.
COMPRESS = """
DO $$
DECLARE part regclass;
BEGIN
    IF NOT EXISTS (SELECT FROM pg_settings
                    WHERE name = 'default_toast_compression'
                      AND 'lz4' = ANY (enumvals)) THEN
        RETURN;
    END IF;
    FOR part IN SELECT 'ingest_resulttext'::regclass
          UNION ALL SELECT inhrelid::regclass FROM pg_inherits
                     WHERE inhparent = 'ingest_resulttext'::regclass
    LOOP
        EXECUTE format('ALTER TABLE %s ALTER COLUMN message SET COMPRESSION lz4', part);
    END LOOP;
END $$
"""


class Migration(migrations.Migration):

    dependencies = [
        ('ingest', '0011_gone_cases'),
    ]

    operations = [
        migrations.RunSQL(COMPRESS, migrations.RunSQL.noop),
    ]
