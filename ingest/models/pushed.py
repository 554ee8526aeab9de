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
    it by the id that the vendor gave. `closes_after_minutes`: nobody is expected to close
    it, so it closes itself as a matter of course when nothing came in for so long.
    `is_relayed`: what comes in is handed on to the vendor. `client_id`: by which its
    client knows it, where the run bears the vendor's id by now. `ends_at_vendor`: it was
    opened there and ends there; here it was only added to.
    `rows_from`, `rows_until`: between them lie the times of all its rows, which need to
    be looked for in no other; None where nobody knows.
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
    closes_after_minutes = models.PositiveIntegerField(null=True)
    is_relayed = models.BooleanField(default=False)
    client_id = models.CharField(max_length=500, blank=True)
    ends_at_vendor = models.BooleanField(default=False)
    rows_from = models.DateTimeField(null=True)
    rows_until = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["last_at"], name="pushed_last_at"),
            models.Index(
                fields=["client_id"],
                name="pushed_client_id",
                condition=~models.Q(client_id=""),
            ),
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


class SharedRun(models.Model):
    """A run that several processes fill, which find each other by its title.

    `shards`: how many there are, where that was told; the last of them closes it.
    """

    run = models.OneToOneField(
        Run, on_delete=models.CASCADE, primary_key=True, related_name="shared"
    )
    title = models.TextField()
    shards = models.PositiveIntegerField(null=True)
    ended = models.PositiveIntegerField(default=0)


class ReceivedResult(models.Model):
    """A result that came into an open run, by hashes of what names it in its format and
    of all that it says: the same one again is not stored twice. Closing forgets them.
    """

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="received")
    name_hash = models.UUIDField()
    content_hash = models.UUIDField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["run", "name_hash", "content_hash"], name="received_result"
            )
        ]
