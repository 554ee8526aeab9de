"""Django's admin: connections and syncs to look at, never a secret."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from django.contrib import admin
from django.db.models import Model
from django.utils.text import Truncator

from ingest.models import Connection, Project, Reject, Sync

if TYPE_CHECKING:
    from django.http import HttpRequest

    ConnectionBase = admin.ModelAdmin[Connection]
    SyncBase = admin.ModelAdmin[Sync]
    ProjectBase = admin.ModelAdmin[Project]
    RejectBase = admin.ModelAdmin[Reject]
else:
    ConnectionBase = SyncBase = ProjectBase = RejectBase = admin.ModelAdmin


LONGEST_SHOWN = 200


def shortened(column: str) -> Callable[[Model], str]:
    """A column of a list, cut: vendors' texts have no limit."""

    @admin.display(description=column.replace("_", " "), ordering=column)
    def shown(row: Model) -> str:
        return Truncator(getattr(row, column)).chars(LONGEST_SHOWN)

    return shown


@admin.register(Connection)
class ConnectionAdmin(ConnectionBase):
    list_display = (
        "name",
        "vendor",
        shortened("base_url"),
        "last_success_at",
        shortened("last_error"),
    )
    list_filter = ("vendor",)
    search_fields = ("name",)
    fields = (
        "name",
        "vendor",
        "base_url",
        "settings",
        "project_ids",
        "status_map",
        "interval_minutes",
        "backfill_days",
        "paused_at",
        "next_sync_at",
        "last_success_at",
        "last_error",
        "failing_since",
    )
    # The address is changed on /connect/, where the key has to be entered again.
    readonly_fields = (
        "vendor",
        "base_url",
        "last_success_at",
        "last_error",
        "failing_since",
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Connections are made on /connect/, where their credentials are checked."""
        return False

    def has_delete_permission(
        self, request: HttpRequest, obj: Connection | None = None
    ) -> bool:
        """Nor deleted here: results have no foreign keys that would take them along."""
        return False


@admin.register(Sync)
class SyncAdmin(SyncBase):
    list_display = (
        "requested_at",
        "connection",
        "project",
        "status",
        "results_read",
        "results_written",
        "rejected",
        shortened("error"),
    )
    list_filter = ("status", "connection")
    list_select_related = ("connection", "project")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(
        self, request: HttpRequest, obj: Sync | None = None
    ) -> bool:
        return False


@admin.register(Project)
class ProjectAdmin(ProjectBase):
    list_display = (
        shortened("name"),
        "connection",
        "external_id",
        "last_success_at",
    )
    list_select_related = ("connection",)
    readonly_fields = ("connection", "external_id", "last_attempt_at", "last_error")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(
        self, request: HttpRequest, obj: Project | None = None
    ) -> bool:
        return False


@admin.register(Reject)
class RejectAdmin(RejectBase):
    list_display = (
        "created_at",
        "connection",
        shortened("where"),
        shortened("reason"),
        "resolved_at",
    )
    list_filter = ("connection", "is_stored")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(
        self, request: HttpRequest, obj: Reject | None = None
    ) -> bool:
        return False
