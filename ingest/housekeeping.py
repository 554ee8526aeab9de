"""What has to be done now and then so that the tables stay fit."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from ingest.credentials import rotated
from ingest.models import Connection, Reject, Sync
from ingest.partitions import drop_old_partitions, ensure_partition

SYNCS_KEPT = timedelta(days=30)


def keep_house() -> None:
    """Make next month's partitions, drop old ones, forget old syncs, rotate keys."""
    now = timezone.now()
    ensure_partition(now.date())
    ensure_partition((now + timedelta(days=31)).date())
    drop_old_partitions(now.date())
    limit = now - SYNCS_KEPT
    Sync.objects.filter(requested_at__lt=limit, finished_at__isnull=False).delete()
    Reject.objects.filter(resolved_at__lt=limit).delete()
    for connection in Connection.objects.exclude(credentials=""):
        token = rotated(connection.credentials)
        if token != connection.credentials:
            Connection.objects.filter(pk=connection.pk).update(credentials=token)
