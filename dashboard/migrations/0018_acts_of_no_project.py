"""The audit log also holds what is of no project: people, rights, sign-ins."""

import django.db.models.deletion
from django.db import migrations, models

STAYS = """
CREATE OR REPLACE FUNCTION dashboard_act_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        RAISE EXCEPTION 'An act is never changed; what is new is a new act.'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF {own} EXISTS (SELECT FROM public.ingest_project WHERE id = OLD.project_id) THEN
        RAISE EXCEPTION 'An act is deleted with its project only.'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("dashboard", "0017_users_before_roles_edit")]

    operations = [
        migrations.AlterField(
            model_name="act",
            name="project",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="acts",
                to="ingest.project",
            ),
        ),
        migrations.AlterField(
            model_name="act", name="kind", field=models.CharField(max_length=16)
        ),
        migrations.AddIndex(
            model_name="act",
            index=models.Index(fields=["at", "id"], name="act_at"),
        ),
        migrations.AddIndex(
            model_name="act",
            index=models.Index(fields=["by", "at", "id"], name="act_by"),
        ),
        migrations.RunSQL(
            STAYS.format(own="OLD.project_id IS NULL OR"), STAYS.format(own="")
        ),
    ]
