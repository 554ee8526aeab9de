"""gunicorn's settings: threads, because long exports must not block each other.

How long a client may take stands in dashboard/web_worker.py.
"""

from __future__ import annotations

import ctypes
import gc
import os
import shutil
import sys
import tempfile
from contextlib import suppress
from importlib import import_module
from typing import Any

from django.conf import settings

# Of malloc.h.
M_ARENA_MAX = -8
# What a thread waits for one that computes, each time it comes back from the database. With
# Python's 5 ms a page of 30 queries beside another one takes a third longer.
SWITCH_INTERVAL_S = 0.001
loglevel = "warning"
worker_class = "dashboard.web_worker.BufferedWorker"
workers = settings.WEB_CONCURRENCY
threads = 8
timeout = 60
graceful_timeout = 5
# Heartbeats must not wait for a slow disk.
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # nosec B108 # of the kernel; gunicorn makes its own file there
control_socket_disable = True
if settings.LOG_FORMAT == "json":
    # What gunicorn says of its processes is JSON as well.
    _log: dict[str, Any] = settings.LOGGING
    _own = {"level": "WARNING", "handlers": [], "propagate": True}
    logconfig_dict = _log | {"loggers": _log["loggers"] | {"gunicorn.error": _own}}
# What each process counts lies in files of one folder, from which any of them sums up.
# The library looks for its name when it is loaded first.
_counts = ""
if settings.METRICS_TOKEN:
    _counts = tempfile.mkdtemp(prefix="passline-metrics-", dir=worker_tmp_dir)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = _counts


def on_exit(server: object) -> None:
    if _counts:
        shutil.rmtree(_counts, ignore_errors=True)


def post_worker_init(worker: object) -> None:
    """Load all pages, and leave them out of garbage collection: they stay anyway, and
    walking through them costs the requests that make many objects a third of their time.
    """
    _share_heaps()
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    import_module(settings.ROOT_URLCONF)
    # Its models are there only now.
    import_module("dashboard.column_store.refreshing").start_refreshing()
    gc.collect()
    gc.freeze()
    # What answers leave behind goes at once again, unlike what was loaded.
    gc.set_threshold(700, 10, 10)


def _share_heaps() -> None:
    """Each thread would get a heap of its own from glibc, and keep in it what its largest
    answer once took.
    """
    with suppress(AttributeError):
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, 2)
