"""What was pushed here and is handed on to the vendor, part by part and in order."""

from __future__ import annotations

from django.db import models

from ingest.models.connection import Project
from ingest.models.runs import Run, Thread


class RelayState(models.TextChoices):
    """UNCLEAR: it was sent, and nobody knows whether the vendor took it; what comes
    behind it waits for a person. REFUSED: the vendor would not take it. LEFT_OUT: a
    person decided that it is not sent.
    """

    WAITING = "waiting"
    SENT = "sent"
    REFUSED = "refused"
    UNCLEAR = "unclear"
    LEFT_OUT = "left_out"


# For a person to decide about.
STUCK = (RelayState.REFUSED, RelayState.UNCLEAR)
UNDECIDED = (RelayState.WAITING, *STUCK)


class RelayedPart(models.Model):
    """One request of a client that is repeated at the vendor.

    Those of one run, or of a project where they belong to none, are sent in the order
    of their ids. `act`: what it does there, in the words of the vendor's
    `ingest/connectors/VENDOR/relaying.py`. `body`: its JSON, without any key; forgotten
    once it is sent. `sentence` and `answer`: why it was not sent yet, or not as a whole.
    `claimed_until`: somebody sends it now. `next_try_at`: not before then, null for at
    once.
    """

    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="relayed"
    )
    run = models.ForeignKey(
        Run, on_delete=models.CASCADE, null=True, related_name="relayed"
    )
    thread = models.ForeignKey(
        Thread, on_delete=models.CASCADE, null=True, related_name="relayed"
    )
    act = models.CharField(max_length=20)
    body = models.TextField()
    state = models.CharField(
        max_length=8, choices=RelayState.choices, default=RelayState.WAITING
    )
    tries = models.PositiveIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True)
    claimed_until = models.DateTimeField(null=True)
    sentence = models.TextField(blank=True)
    answer = models.TextField(blank=True)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            # Of the many that were sent nobody asks for the next.
            models.Index(
                fields=["project", "run", "id"],
                name="relayed_unsent",
                condition=models.Q(state__in=["waiting", "unclear"]),
            ),
            models.Index(fields=["sent_at"], name="relayed_sent_at"),
        ]

    def __str__(self) -> str:
        return f"{self.act} {self.pk} {self.state}"
