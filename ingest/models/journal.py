"""What happened when: syncs, and the rows that could not be read."""

from __future__ import annotations

from django.db import models

from ingest.models.connection import Connection, Project
from ingest.models.runs import Run


class SyncStatus(models.TextChoices):
    QUEUED = "queued"
    RUNNING = "running"
    OK = "ok"
    PARTIAL = "partial"
    FAILED = "failed"


class Trigger(models.TextChoices):
    SCHEDULE = "schedule"
    PERSON = "person"
    COMMAND = "command"


class Sync(models.Model):
    """One attempt to bring a connection (parent) or a project (child) up to date.

    `is_full`: every run is read again; `is_look`: every run is listed again, and those
    that differ are read. `is_whole`: its lists were as long as the vendor said.
    `oldest_reached`: the start of the oldest run stored so far, for visible progress;
    `window_since`: where the window begins, None for everything. `sent_at`: when it was
    last put on the queue; a broker may lose it, and then it is sent again.
    """

    connection = models.ForeignKey(
        Connection, on_delete=models.CASCADE, related_name="syncs"
    )
    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="syncs", null=True
    )
    parent = models.ForeignKey(
        "self", on_delete=models.CASCADE, related_name="children", null=True
    )
    trigger = models.CharField(max_length=10, choices=Trigger.choices)
    status = models.CharField(
        max_length=10, choices=SyncStatus.choices, default=SyncStatus.QUEUED
    )
    is_full = models.BooleanField(default=False)
    is_look = models.BooleanField(default=False)
    is_whole = models.BooleanField(default=True)
    is_backfill = models.BooleanField(default=False)
    requested_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    window_since = models.DateTimeField(null=True)
    oldest_reached = models.DateTimeField(null=True)
    runs_read = models.IntegerField(default=0)
    runs_written = models.IntegerField(default=0)
    results_read = models.IntegerField(default=0)
    results_written = models.IntegerField(default=0)
    rejected = models.IntegerField(default=0)
    unknown_statuses = models.IntegerField(default=0)
    error = models.TextField(blank=True)
    answer = models.TextField(blank=True)
    notes = models.JSONField(default=list)

    class Meta:
        ordering = ["-requested_at", "-id"]
        indexes = [
            models.Index(fields=["requested_at", "id"], name="sync_requested"),
            models.Index(
                fields=["project", "requested_at"], name="sync_project_requested"
            ),
            models.Index(
                fields=["status"],
                name="sync_unfinished",
                condition=models.Q(status__in=["queued", "running"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.connection.name} {self.status}"


class Reject(models.Model):
    """A row as it came that could not be read, or was read with a doubt.

    `is_stored`: its outcome is kept all the same (`reason` says what was left out).
    `reason_key` groups: the reason without the values in it. `payload` is JSON text,
    because jsonb cannot hold a NUL character.
    """

    connection = models.ForeignKey(
        Connection, on_delete=models.CASCADE, related_name="rejects"
    )
    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="rejects", null=True
    )
    run = models.ForeignKey(
        Run, on_delete=models.CASCADE, related_name="rejects", null=True
    )
    sync = models.ForeignKey(
        Sync, on_delete=models.SET_NULL, related_name="rejects", null=True
    )
    where = models.TextField()
    reason = models.TextField()
    reason_key = models.TextField()
    payload = models.TextField()
    is_stored = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["connection", "created_at"], name="reject_connection")
        ]


class AnnouncedRun(models.Model):
    """A run of which somebody told us before any list did; the next sync asks for it."""

    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="announced_runs"
    )
    external_id = models.CharField(max_length=500)
    announced_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "external_id"], name="announced_run"
            )
        ]

    def __str__(self) -> str:
        return self.external_id


class UnreadableRun(models.Model):
    """A run that its vendor could not give: it is asked for again, ever more rarely.

    `failures` in a row; `sentence` says how the last one ended.
    """

    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="unreadable_runs"
    )
    external_id = models.CharField(max_length=500)
    name = models.TextField()
    failures = models.PositiveIntegerField(default=0)
    first_failed_at = models.DateTimeField()
    next_try_at = models.DateTimeField()
    sentence = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "external_id"], name="unreadable_run_external_id"
            )
        ]

    def __str__(self) -> str:
        return self.name[:200]
