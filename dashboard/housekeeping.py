"""What the dashboard tidies up now and then: it forgets, and encrypts anew."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from django.conf import settings
from django.dispatch import receiver
from django.utils import timezone

from dashboard.models import GuessCount
from dashboard.sign_in.second_factor import rotate_second_factors
from ingest.housekeeping import house_is_kept


@receiver(house_is_kept)
def forget_expired(**_: Any) -> None:
    """Delete sessions that expired and counts of guesses whose window has ended."""
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
    GuessCount.objects.filter(ends_at__lt=timezone.now()).delete()


@receiver(house_is_kept)
def rotate(**_: Any) -> None:
    """Put what is encrypted here under the first key of CREDENTIALS_KEYS, as ingest
    does with vendors' credentials.
    """
    rotate_second_factors()
