"""The beat's schedule: when each task was sent last is kept in the database.

Celery's own keeps it in a file of pickles, which run what somebody wrote into them.
"""

from __future__ import annotations

import logging
from typing import Any

from celery.beat import ScheduleEntry, Scheduler
from django.db import DatabaseError, close_old_connections
from django.utils import timezone

from dashboard.models import ScheduledTask
from dashboard.operations.signs import take_back

logger = logging.getLogger(__name__)


class DatabaseScheduler(Scheduler):
    """Goes on without the database: what counts then is when it was started."""

    def setup_schedule(self) -> None:
        super().setup_schedule()
        now = timezone.now()
        try:
            sent = dict(ScheduledTask.objects.values_list("name", "sent_at"))
        except DatabaseError as error:
            logger.warning("the schedule begins anew: %s", error)
            return
        for name, entry in self.schedule.items():
            # A clock that was wrong must not silence a task for long.
            entry.last_run_at = min(sent.get(name, now), now)

    def close(self) -> None:
        super().close()
        take_back("beat")

    def apply_entry(self, entry: ScheduleEntry, producer: Any = None) -> None:
        super().apply_entry(entry, producer)
        close_old_connections()
        try:
            ScheduledTask.objects.update_or_create(
                name=entry.name, defaults={"sent_at": timezone.now()}
            )
        except DatabaseError as error:
            logger.warning("%s was sent, which is not noted: %s", entry.name, error)
