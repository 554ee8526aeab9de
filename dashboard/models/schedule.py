"""When the beat did what."""

from __future__ import annotations

from django.db import models


class ScheduledTask(models.Model):
    """When the beat last sent a task of its schedule, by the name that it has there."""

    name = models.CharField(max_length=100, primary_key=True)
    sent_at = models.DateTimeField()
