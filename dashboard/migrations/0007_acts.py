# What people say is added to, never changed; it goes with its project only.

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

# Django deletes what refers to a project before the project itself, so whether that is
# gone can be told at the end of the transaction only.
STAYS = """
CREATE FUNCTION dashboard_act_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        RAISE EXCEPTION 'An act is never changed; what is new is a new act.'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF EXISTS (SELECT FROM ingest_project WHERE id = OLD.project_id) THEN
        RAISE EXCEPTION 'An act is deleted with its project only.'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER dashboard_act_unchanged BEFORE UPDATE ON dashboard_act
    FOR EACH ROW EXECUTE FUNCTION dashboard_act_stays();
CREATE CONSTRAINT TRIGGER dashboard_act_undeleted AFTER DELETE ON dashboard_act
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION dashboard_act_stays();
"""
MAY_GO = """
DROP TRIGGER dashboard_act_undeleted ON dashboard_act;
DROP TRIGGER dashboard_act_unchanged ON dashboard_act;
DROP FUNCTION dashboard_act_stays();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("dashboard", "0006_milestone_figure"),
        ("ingest", "0008_newest_first"),
    ]

    operations = [
        migrations.CreateModel(
            name="Act",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                ("by", models.CharField(max_length=200)),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("branch", "default branch"),
                            ("alias", "configuration"),
                            ("judgement", "run"),
                            ("note", "note"),
                            ("mute", "mute"),
                            ("same", "same test"),
                            ("apart", "different tests"),
                            ("join", "milestone joined"),
                            ("split", "milestone split"),
                        ],
                        max_length=10,
                    ),
                ),
                ("about", models.BigIntegerField()),
                ("name", models.TextField()),
                ("before", models.JSONField(default=dict)),
                ("after", models.JSONField(default=dict)),
                (
                    "project",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="acts",
                        to="ingest.project",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["kind", "about", "id"], name="act_about"),
                    models.Index(fields=["project", "id"], name="act_project"),
                ],
            },
        ),
        migrations.RunSQL(STAYS, MAY_GO),
    ]
