"""What tools say is to be done: the tests that they assign to a milestone."""

from __future__ import annotations

from django.db import models

from ingest.models.cases import Case
from ingest.models.runs import MilestoneMember


class MilestoneCase(models.Model):
    """A case that its tool assigned to a milestone, with the time it was recorded.

    Whether it ran, in a run of the milestone or elsewhere, only results tell.
    """

    member = models.ForeignKey(
        MilestoneMember, on_delete=models.CASCADE, related_name="case_links"
    )
    case = models.ForeignKey(Case, on_delete=models.CASCADE)
    recorded_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["member", "case"],
                condition=models.Q(removed_at__isnull=True),
                name="milestone_case_now",
            )
        ]
