"""Totals recomputed from the rows, so that pages need not read the rows."""

from __future__ import annotations

from django.db import models

from ingest.models.connection import Project
from ingest.models.runs import CountedModel, Run


class RunDay(CountedModel):
    """The final results of one run on one UTC day of their time.

    Every filter that is a property of the run works on it. `first_at` and `last_at`
    tell whether all of them lie inside a window that does not end at midnight. A run
    with totals only has one row, on the day and at the time of its start.
    """

    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="run_days"
    )
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="days")
    day = models.DateField()
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "day"], name="run_day"),
        ]
        indexes = [
            models.Index(fields=["project", "day"], name="run_day_project"),
            models.Index(fields=["day"], name="run_day_day"),
        ]
