"""Figures of the usual windows, computed beforehand; they can be thrown away."""

from __future__ import annotations

from django.db import models

from ingest.models import Milestone, Project


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


class MilestoneFigure(models.Model):
    """How far a milestone is, over all of its runs; `value` is that as JSON.

    `seen` is a digest of what tells quickly that nothing changed, `rows` one of the
    rows themselves.
    """

    milestone = models.OneToOneField(
        Milestone, on_delete=models.CASCADE, primary_key=True, related_name="figure"
    )
    seen = models.CharField(max_length=32)
    rows = models.CharField(max_length=32)
    value = models.JSONField()
