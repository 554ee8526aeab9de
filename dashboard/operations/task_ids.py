"""Which request asked for a task, told to the worker that carries it out."""

from __future__ import annotations

import logging
from contextlib import ExitStack
from typing import Any

from celery.signals import before_task_publish, task_postrun, task_prerun
from django.dispatch import receiver

from dashboard.operations.logs import TOLD
from ingest.events import sync_ended
from ingest.logged import ids, logged_with
from ingest.models import Sync

events = logging.getLogger("passline.events")
# The name of the message's header.
REQUEST_ID = "passline_request_id"
_open: dict[str, ExitStack] = {}


@before_task_publish.connect
def send_along(headers: dict[str, Any], **_: Any) -> None:
    if request_id := ids().get("request_id"):
        headers[REQUEST_ID] = request_id


@task_prerun.connect
def begin(task_id: str, task: Any, **_: Any) -> None:
    more = {"task": task.name, "task_id": task_id}
    if request_id := getattr(task.request, REQUEST_ID, None):
        more["request_id"] = str(request_id)
    _open[task_id] = stack = ExitStack()
    stack.enter_context(logged_with(**more))


@task_postrun.connect
def end(task_id: str, **_: Any) -> None:
    if stack := _open.pop(task_id, None):
        stack.close()


@receiver(sync_ended)
def note_sync(*, sync: Sync, **_: Any) -> None:
    told = {"connection": sync.connection.name, "vendor": sync.connection.vendor}
    counts = {
        name: getattr(sync, name)
        for name in ("runs_read", "runs_written", "results_written", "rejected")
    }
    events.info(
        "the sync of %s ended: %s",
        *(sync.connection.name, sync.status),
        extra={TOLD: {"sync_id": sync.pk, "status": sync.status, **told, **counts}},
    )
