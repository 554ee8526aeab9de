"""What the dashboard forgets now and then, so that its tables stay small."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from django.conf import settings
from django.dispatch import receiver
from django.utils import timezone

from dashboard.models import GuessCount
from ingest.housekeeping import house_is_kept


@receiver(house_is_kept)
def forget_expired(**_: Any) -> None:
    """Delete sessions that expired and counts of guesses whose window has ended."""
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
    GuessCount.objects.filter(ends_at__lt=timezone.now()).delete()
