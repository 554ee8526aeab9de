"""When something that opens a door was last used."""

from __future__ import annotations

from datetime import timedelta

from django.db import models
from django.db.models import Q
from django.utils import timezone

from dashboard.database.replica import on_primary

# Noting every single use would cost a write for each request.
USE_NOTED_EVERY = timedelta(minutes=1)


class Used(models.Model):
    """A token, a share or an embed, with its last use."""

    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True

    def note_use(self) -> None:
        """Remember that it was used, at most once a minute."""
        now = timezone.now()
        if self.last_used_at and now - self.last_used_at < USE_NOTED_EVERY:
            return
        unknown = Q(last_used_at=None) | Q(last_used_at__lt=now - USE_NOTED_EVERY)
        rows = type(self)._default_manager.filter(unknown, pk=self.pk)
        with on_primary():
            rows.update(last_used_at=now)
