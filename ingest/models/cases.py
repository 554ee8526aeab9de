"""Cases: tests with an identity over time, what they said before, and their other keys."""

from __future__ import annotations

from django.db import models

from ingest.models.connection import Project
from ingest.recording import RecordingTime


class Case(models.Model):
    """A test with a stable identity over time, unique by key in its project.

    `gone_at`: since when all of its results are marked as removed; see `upsert/gone.py`.
    `declared_at`: when its tool told of it, as long as it never ran; its first result
    makes this None, and until then it was never seen, whatever the two times say.
    `is_listed`: its tool's list of tests held it while it never ran; when that list no
    longer does, it is gone.
    """

    # Three other indexes begin with it, and each time that a case was seen costs as many
    # entries as it has indexes.
    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="cases", db_index=False
    )
    key = models.TextField()
    key_hash = models.UUIDField()
    name = models.TextField()
    folder = models.TextField(blank=True)
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    owner = models.CharField(max_length=200, blank=True)
    gone_at = models.DateTimeField(null=True, editable=False)
    declared_at = models.DateTimeField(null=True, editable=False)
    is_listed = models.BooleanField(default=False, db_default=False, editable=False)
    recorded_at = models.DateTimeField(db_default=RecordingTime(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "key_hash"], name="case_key")
        ]
        indexes = [
            models.Index(
                fields=["project"],
                name="case_gone",
                condition=models.Q(gone_at__isnull=False),
            ),
            models.Index(
                fields=["project"],
                name="case_never_ran",
                condition=models.Q(declared_at__isnull=False),
            ),
            models.Index(fields=["last_seen_at", "id"], name="case_last_seen"),
            models.Index(
                fields=["project", "last_seen_at", "id"], name="case_project_last_seen"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class CaseChange(models.Model):
    """Whether a case was gone, declared and listed until `recorded_to`, by column: a
    trigger keeps it.
    """

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="changes")
    recorded_to = models.DateTimeField()
    values = models.JSONField()

    class Meta:
        indexes = [models.Index(fields=["recorded_to"], name="case_change_until")]


class CaseAlias(models.Model):
    """A key under which a case was known before it took its vendor's id."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE)
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="aliases")
    key = models.TextField()
    key_hash = models.UUIDField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "key_hash"], name="case_alias_key"
            )
        ]
