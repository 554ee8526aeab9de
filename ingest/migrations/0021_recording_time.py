"""The time that all of one transaction is recorded at."""

from django.db import migrations

# Kept for the transaction alone: a setting that is local goes with it.
CREATE = """
CREATE FUNCTION passline_recording_time() RETURNS timestamptz LANGUAGE plpgsql AS $$
BEGIN
    IF coalesce(current_setting('passline.recording_time', true), '') = '' THEN
        PERFORM set_config('passline.recording_time', clock_timestamp()::text, true);
    END IF;
    RETURN current_setting('passline.recording_time')::timestamptz;
END $$
"""


class Migration(migrations.Migration):
    dependencies = [("ingest", "0020_listed_cases")]

    operations = [
        migrations.RunSQL(CREATE, "DROP FUNCTION passline_recording_time()"),
    ]
