"""The Celery app: queue, schedule, and what happens to a task whose worker dies.

What guarantees work is never the broker: the beat looks every 15 seconds for what is
due, and a lost message is made up for by the next look.
"""

from __future__ import annotations

import os
from typing import Any

from celery import Celery
from celery.signals import worker_process_init
from django.conf import settings
from kombu.transport import TRANSPORT_ALIASES

from dashboard import heartbeats
from dashboard.embedded.lifeline import die_with_parent
from dashboard.operations.signs import take_back, tell

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
# Celery would have Django check itself, for which each worker and each beat loads all
# pages and the API, and keeps them.
os.environ.setdefault("CELERY_SKIP_CHECKS", "1")

TRANSPORT_ALIASES["redis"] = TRANSPORT_ALIASES["rediss"] = "dashboard.broker:Transport"
TRANSPORT_ALIASES["embedded"] = "dashboard.broker:EmbeddedTransport"

DUE_SYNCS_EVERY_S = 15
FOLLOW_STARTED_RUNS_EVERY_S = 10
HAND_ON_EVERY_S = 10
KEEP_HOUSE_EVERY_S = 3600
REFRESH_FIGURES_EVERY_S = 20
SEND_EVERY_S = 30

app = Celery("passline")
app.conf.update(
    broker_url=settings.BROKER_URL,
    broker_transport_options={
        # An unacknowledged message is given to another worker after this time, which
        # must be longer than the longest sync.
        "visibility_timeout": 12 * 3600,
        "socket_keepalive": True,
    },
    broker_connection_retry_on_startup=True,
    task_default_queue="passline",
    # For which a worker of its own is kept free of syncs.
    task_routes={
        "ingest.tasks.hand_on_queue": {"queue": "quick"},
        "ingest.tasks.hand_on_what_waits": {"queue": "quick"},
        "ingest.tasks.follow_started_runs": {"queue": "quick"},
    },
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_ignore_result=True,
    # Whatever else somebody puts into the queue is refused unread.
    accept_content=["json"],
    task_serializer="json",
    beat_scheduler="dashboard.schedule:DatabaseScheduler",
    timezone="UTC",
    # Beat looks at a signal only between its naps.
    beat_max_loop_interval=1,
    worker_prefetch_multiplier=1,
    worker_enable_remote_control=False,
    worker_send_task_events=False,
    worker_hijack_root_logger=False,
    worker_max_tasks_per_child=200,
    # A sync outlives a lost broker: its lease keeps a second one from starting, and
    # its rows are written to PostgreSQL, not to the broker.
    worker_cancel_long_running_tasks_on_connection_loss=False,
    # A look that nobody made is worth nothing once the next one is due.
    beat_schedule={
        "start due syncs": {
            "task": "ingest.tasks.start_due_syncs",
            "schedule": DUE_SYNCS_EVERY_S,
            "options": {"expires": DUE_SYNCS_EVERY_S},
        },
        "follow started runs": {
            "task": "ingest.tasks.follow_started_runs",
            "schedule": FOLLOW_STARTED_RUNS_EVERY_S,
            "options": {"expires": FOLLOW_STARTED_RUNS_EVERY_S},
        },
        "hand on what waits": {
            "task": "ingest.tasks.hand_on_what_waits",
            "schedule": HAND_ON_EVERY_S,
            "options": {"expires": HAND_ON_EVERY_S},
        },
        "refresh figures": {
            "task": "dashboard.tasks.refresh_standard_figures",
            "schedule": REFRESH_FIGURES_EVERY_S,
            "options": {"expires": REFRESH_FIGURES_EVERY_S},
        },
        "send digests and alerts": {
            "task": "dashboard.tasks.send_digests_and_alerts",
            "schedule": SEND_EVERY_S,
            "options": {"expires": SEND_EVERY_S},
        },
        "keep house": {
            "task": "ingest.tasks.keep_house",
            "schedule": KEEP_HOUSE_EVERY_S,
            "options": {"expires": KEEP_HOUSE_EVERY_S},
        },
    },
)
app.autodiscover_tasks()
app.steps["worker"].add(heartbeats.worker_step(settings.DATA_DIR, tell, take_back))
heartbeats.watch_beat(settings.DATA_DIR, tell)


@worker_process_init.connect
def _end_with_the_worker(**_: Any) -> None:
    # A pool process whose worker was killed would go on waiting for ever.
    die_with_parent()
