"""What has to be done now and then so that the tables stay fit."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db.models import Exists, OuterRef
from django.dispatch import Signal
from django.utils import timezone

from ingest.credentials import rotated
from ingest.models import (
    UNDECIDED,
    CaseChange,
    Connection,
    Reject,
    RelayedPart,
    RelayState,
    RunChange,
    Sync,
    ThreadChange,
)
from ingest.packing import pack_indexes
from ingest.partitions import drop_old_partitions, ensure_partition
from ingest.signatures import sign_messages
from ingest.statistics import summarize_times

log = logging.getLogger(__name__)

SYNCS_KEPT = timedelta(days=30)
RELAYED_KEPT = timedelta(days=7)
# For tables that are not ours to know: whoever has some tidies them up at the same time.
house_is_kept = Signal()


def keep_house() -> None:
    """Make next month's partitions, drop old ones, forget old syncs and what was
    handed on, rotate keys, sign messages of an older masking, pack what is over.
    """
    house_is_kept.send_robust(None)
    now = timezone.now()
    ensure_partition(now.date())
    ensure_partition(now.date().replace(day=1) + timedelta(days=32))
    drop_old_partitions(now.date())
    _forget_changes(now - timedelta(days=settings.RETENTION_DAYS))
    limit = now - SYNCS_KEPT
    Sync.objects.filter(requested_at__lt=limit, finished_at__isnull=False).delete()
    Reject.objects.filter(resolved_at__lt=limit).delete()
    _forget_relayed(now - RELAYED_KEPT)
    _rotate_credentials()
    sign_messages()
    summarize_times()
    pack_indexes(now.date())


def _forget_changes(limit: datetime) -> None:
    """What was said before a moment at which nobody can look any more. That of results
    goes with their months.
    """
    for model in (RunChange, ThreadChange, CaseChange):
        model._default_manager.filter(recorded_to__lt=limit).delete()


def _forget_relayed(limit: datetime) -> None:
    """What was handed on or left out; of a run that goes on, or of which something still
    waits, it says what is there. Nothing is kept longer than results are.
    """
    waits = RelayedPart.objects.filter(run=OuterRef("run"), state__in=UNDECIDED)
    over = RelayedPart.objects.exclude(run__is_open=True).exclude(Exists(waits))
    over.filter(state=RelayState.SENT, sent_at__lt=limit).delete()
    over.filter(state=RelayState.LEFT_OUT, created_at__lt=limit).delete()
    kept = timedelta(days=settings.RETENTION_DAYS)
    RelayedPart.objects.filter(created_at__lt=timezone.now() - kept).delete()


def _rotate_credentials() -> None:
    for connection in Connection.objects.exclude(credentials=""):
        try:
            token = rotated(connection.credentials)
        except ImproperlyConfigured as error:
            # One lost key must not keep the others' credentials from being rotated.
            log.warning("%s: %s", connection.name, error)
            continue
        # Unless a person entered a new key meanwhile.
        Connection.objects.filter(
            pk=connection.pk, credentials=connection.credentials
        ).update(credentials=token)
