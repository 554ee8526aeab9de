"""What the dashboard tidies up now and then: it forgets, and encrypts anew."""

from __future__ import annotations

import logging
from datetime import timedelta
from importlib import import_module
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.dispatch import receiver
from django.utils import timezone

from dashboard.models import Channel, Delivery, GuessCount, Incident
from dashboard.operations.signs import forget_gone
from dashboard.sign_in.second_factor import rotate_second_factors
from ingest.credentials import rotated
from ingest.housekeeping import house_is_kept

logger = logging.getLogger(__name__)
MESSAGES_KEPT = timedelta(days=90)


@receiver(house_is_kept)
def forget_expired(**_: Any) -> None:
    """Delete sessions that expired, counts of guesses whose window has ended, and signs
    of life of machines that are no more.
    """
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
    GuessCount.objects.filter(ends_at__lt=timezone.now()).delete()
    forget_gone()


@receiver(house_is_kept)
def rotate(**_: Any) -> None:
    """Put what is encrypted here under the first key of CREDENTIALS_KEYS, as ingest
    does with vendors' credentials.
    """
    rotate_second_factors()
    _rotate_channels()


@receiver(house_is_kept)
def forget_messages(**_: Any) -> None:
    """Delete what was sent, and what alerts were about, long ago."""
    limit = timezone.now() - MESSAGES_KEPT
    Delivery.objects.filter(created_at__lt=limit).delete()
    Incident.objects.filter(resolved_at__lt=limit).delete()


def _rotate_channels() -> None:
    for channel in Channel.objects.all():
        try:
            token = rotated(channel.sealed_address)
        except ImproperlyConfigured as error:
            # One lost key must not keep the others from being rotated.
            logger.warning("channel %s: %s", channel.pk, error)
            continue
        same = Channel.objects.filter(
            pk=channel.pk, sealed_address=channel.sealed_address
        )
        same.update(sealed_address=token)
