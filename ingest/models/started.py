"""What a vendor was asked to start, and what became of it."""

from __future__ import annotations

from django.db import models

from ingest.models.connection import Connection, Project
from ingest.models.runs import Run

# As long as any id of a vendor may be.
ID_LENGTH = 500


class StartState(models.TextChoices):
    """ASKED: nobody answered yet. ACCEPTED: there is no run yet. LOST: what became of it
    cannot be told.
    """

    ASKED = "asked"
    ACCEPTED = "accepted"
    RUNNING = "running"
    DONE = "done"
    REFUSED = "refused"
    LOST = "lost"


class StartKind(models.TextChoices):
    """CASE: a test was made in place of a run."""

    START = "start"
    RERUN = "rerun"
    CASE = "case"


UNDER_WAY = (StartState.ASKED, StartState.ACCEPTED, StartState.RUNNING)


class StartedRun(models.Model):
    """One request of somebody that a vendor start a run, or make a test.

    `key`: what makes a repeated request the same one, `body_hash`: of what it asked for.
    `values`: what was asked for, by the vendor's names. `refused_with`: the status of the
    API's answer to a refusal. `handle`: the vendor's id of the job until there is a run,
    or of the test that was made.
    `sentence`: why there is none, or what is worth knowing. `looks`: how often it was
    looked after, `next_look_at`: when it is again, null once nobody needs to.
    """

    connection = models.ForeignKey(
        Connection, on_delete=models.CASCADE, related_name="started_runs"
    )
    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="started_runs"
    )
    kind = models.CharField(max_length=5, choices=StartKind.choices)
    by = models.CharField(max_length=200)
    key = models.CharField(max_length=200, null=True)
    body_hash = models.CharField(max_length=64)
    values = models.JSONField(default=dict)
    state = models.CharField(max_length=8, choices=StartState.choices)
    refused_with = models.PositiveSmallIntegerField(null=True)
    handle = models.CharField(max_length=ID_LENGTH, blank=True)
    run_external_id = models.CharField(max_length=ID_LENGTH, blank=True)
    run = models.ForeignKey(
        Run, on_delete=models.SET_NULL, null=True, related_name="started_by"
    )
    vendor_url = models.TextField(blank=True)
    sentence = models.TextField(blank=True)
    answer = models.TextField(blank=True)
    asked_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    looks = models.PositiveIntegerField(default=0)
    next_look_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            # Without a key every request is another one.
            models.UniqueConstraint(
                fields=["connection", "by", "key"], name="started_run_key"
            )
        ]
        indexes = [
            models.Index(fields=["project", "-id"], name="started_of_project"),
            models.Index(
                fields=["next_look_at"],
                name="started_due",
                condition=models.Q(next_look_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk} {self.state}"

    @property
    def is_under_way(self) -> bool:
        return self.state in UNDER_WAY
