"""What was pushed in: how a run arrives, and what is attached beside its outcome."""

from __future__ import annotations

from django.db import models

from ingest.models.runs import Run, Thread


class PushedRun(models.Model):
    """A run whose results were sent to us instead of being read.

    `format`: who speaks ("testmo", "testomatio", "testably", "junit", "ctrf").
    `content_hash`: of the file that made it, by which the same file again is known.
    `measures_elapsed`: it lasts from its opening to its end, not as long as its longest
    thread. `last_at`: when anything last came in. `is_abandoned`: nobody closed it, so
    that it closed itself. `is_at_vendor`: the vendor has it too, so that syncs ask for
    it by the id that the vendor gave.
    """

    run = models.OneToOneField(
        Run, on_delete=models.CASCADE, primary_key=True, related_name="pushed"
    )
    format = models.CharField(max_length=12)
    content_hash = models.CharField(max_length=64, blank=True)
    measures_elapsed = models.BooleanField(default=False)
    last_at = models.DateTimeField()
    is_abandoned = models.BooleanField(default=False)
    is_at_vendor = models.BooleanField(default=False)

    class Meta:
        indexes = [
            models.Index(fields=["last_at"], name="pushed_last_at"),
            models.Index(
                fields=["content_hash"],
                name="pushed_content",
                condition=~models.Q(content_hash=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.format} {self.run_id}"


class RunDetails(models.Model):
    """What is attached to a run, see `ingest/details.py`."""

    run = models.OneToOneField(
        Run, on_delete=models.CASCADE, primary_key=True, related_name="attached"
    )
    values = models.JSONField(default=dict)


class ThreadDetails(models.Model):
    """What is attached to a thread, and the two ways in which its time was told (ms)."""

    thread = models.OneToOneField(
        Thread, on_delete=models.CASCADE, primary_key=True, related_name="attached"
    )
    values = models.JSONField(default=dict)
    observed_us = models.BigIntegerField(null=True)
    computed_us = models.BigIntegerField(null=True)
