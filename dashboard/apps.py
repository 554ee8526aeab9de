"""The dashboard's Django app: what has to be loaded before the first request."""

from __future__ import annotations

from importlib import import_module

from django.apps import AppConfig
from django.conf import settings
from django.db.models.signals import post_migrate, pre_migrate


class DashboardConfig(AppConfig):
    name = "dashboard"
    verbose_name = "Passline"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Without the app in place a shared_task would be sent to Celery's default
        # broker. It is not imported in dashboard/__init__.py, because the small
        # processes of dashboard.embedded must start without loading Celery.
        import_module("dashboard.celery")
        # It listens to the housekeeping of ingest.
        import_module("dashboard.housekeeping")
        # It listens to the ends of syncs.
        import_module("dashboard.operations.telemetry.tallies")
        import_module("dashboard.operations.task_ids")
        if settings.OTEL_EXPORTER_OTLP_ENDPOINT:
            import_module("dashboard.operations.tracing").begin()
        # It listens to sign-ins.
        import_module("dashboard.sign_in.audit")
        # It listens to connections that a command makes.
        import_module("dashboard.annotations.connections")
        import_module("dashboard.site_admin").only_what_is_ours()
        schemas = import_module("dashboard.reading.schemas")
        pre_migrate.connect(schemas.drop_before)
        post_migrate.connect(schemas.make_after)
        # It listens to the end of migrations.
        import_module("dashboard.data_version")
