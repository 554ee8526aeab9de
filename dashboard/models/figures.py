"""Figures of the usual windows, computed beforehand; they can be thrown away."""

from __future__ import annotations

from django.db import models

from ingest.models import Project


class StandardFigure(models.Model):
    """One figure of a project over the `days` before `ends_at`.

    `branch` is the only one that counted, "" for all. `version` is the project's at the
    time; `value` is the figure as JSON.
    """

    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="standard_figures"
    )
    days = models.SmallIntegerField()
    branch = models.TextField(blank=True)
    name = models.CharField(max_length=40)
    version = models.BigIntegerField()
    ends_at = models.DateTimeField()
    value = models.JSONField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["name", "days", "project", "branch"], name="standard_figure"
            )
        ]
